import { Controller } from '@nestjs/common';
import { ListTimeline, listTimeline, type Page, Problem, type TimelineEntry } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { timelineWindow } from '../domain/timeline-window.js';
import { IncidentStore } from '../store/incident.store.js';
import { TimelineStore } from '../store/timeline.store.js';

@Controller()
export class ReadTimelineRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly incidents: IncidentStore,
    private readonly timeline: TimelineStore,
  ) {}

  @Rpc(listTimeline)
  async list(request: ListTimeline): Promise<Page<TimelineEntry>> {
    const { incidentId } = request;
    const keyset = keysetOf(request);
    const stored = await this.incidents.find(this.work, incidentId);
    if (!stored) throw new Problem('not_found');
    const { environmentId, agentId } = stored.incident;
    const around = agentId === undefined ? [environmentId] : [environmentId, agentId];
    const window = timelineWindow(stored.incident, stored.changedAt);
    const rows = await this.timeline.list(this.work, { incidentId, around, ...window }, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
