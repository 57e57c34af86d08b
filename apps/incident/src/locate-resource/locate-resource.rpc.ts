import { Controller } from '@nestjs/common';
import { isId, type LocatedResource, LocateResource, locateResource } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { EscalationStore } from '../store/escalation.store.js';
import { IncidentStore } from '../store/incident.store.js';

@Controller()
export class LocateResourceRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly incidents: IncidentStore,
    private readonly escalations: EscalationStore,
  ) {}

  @Rpc(locateResource.incident)
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    const store = isId('escalation', id) ? this.escalations : this.incidents;
    return { scope: (await store.scopeOf(this.work, id)) ?? null };
  }
}
