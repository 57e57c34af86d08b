import { Controller } from '@nestjs/common';
import { type Escalation, ListEscalations, listEscalations, type Page } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { EscalationStore } from '../store/escalation.store.js';

@Controller()
export class ReadEscalationRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly escalations: EscalationStore,
  ) {}

  @Rpc(listEscalations)
  async list(request: ListEscalations): Promise<Page<Escalation>> {
    const keyset = keysetOf(request);
    const rows = await this.escalations.list(this.work, request, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
