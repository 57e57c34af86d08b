import { Injectable } from '@nestjs/common';
import { type CallContext, type Incident, incidentChanged, Problem, type UpdateIncident } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { change } from '../domain/incident.js';
import { entryOf } from '../domain/timeline-entry.js';
import { factOf } from '../open-incident/incident-recorder.js';
import { IncidentStore } from '../store/incident.store.js';
import { TimelineStore } from '../store/timeline.store.js';

@Injectable()
export class UpdateIncidentHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly incidents: IncidentStore,
    private readonly timeline: TimelineStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute({ incidentId, ifRevision, ...wanted }: UpdateIncident, context: CallContext): Promise<Incident> {
    return this.work.run(async (tx) => {
      const before = await this.incidents.lock(tx, incidentId);
      if (!before) throw new Problem('not_found');
      const { revision } = before;
      if (ifRevision !== revision) throw new Problem('precondition_failed', { members: { revision } });
      const { incident, changed } = change(before, wanted);
      if (changed.length === 0) return before;
      const after = await this.incidents.save(tx, incident, this.clock.now());
      const { orgId, projectId, environmentId } = after;
      const [envelope] = await this.outbox.add(tx, context, [
        {
          contract: incidentChanged,
          data: factOf(after),
          orgId,
          projectId,
          environmentId,
          aggregate: { id: incidentId, version: after.revision },
        },
      ]);
      const data = Object.fromEntries(changed.map((field) => [field, { from: before[field] ?? null, to: after[field] ?? null }]));
      await this.timeline.add(tx, [{ ownerId: incidentId, entry: entryOf(envelope, { data }) }]);
      return after;
    });
  }
}
