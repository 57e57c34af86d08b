import { Controller } from '@nestjs/common';
import { type Incident, ListIncidents, listIncidents, type Page, Problem, ReadIncident, readIncident } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { IncidentStore } from '../store/incident.store.js';

@Controller()
export class ReadIncidentRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly incidents: IncidentStore,
  ) {}

  @Rpc(readIncident)
  async read({ incidentId }: ReadIncident): Promise<Incident> {
    const stored = await this.incidents.find(this.work, incidentId);
    if (!stored) throw new Problem('not_found');
    return stored.incident;
  }

  @Rpc(listIncidents)
  async list(request: ListIncidents): Promise<Page<Incident>> {
    const keyset = keysetOf(request);
    const rows = await this.incidents.list(this.work, request, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
