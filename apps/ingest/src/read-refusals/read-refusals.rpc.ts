import { Controller } from '@nestjs/common';
import { type ListRefusals, listRefusals, type Page, type RefusalCount } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { RefusalStore } from '../store/refusal.store.js';

@Controller()
export class ReadRefusalsRpc {
  constructor(
    private readonly refusals: RefusalStore,
    private readonly work: UnitOfWork,
  ) {}

  @Rpc(listRefusals)
  list(query: ListRefusals): Promise<Page<RefusalCount>> {
    return this.refusals.list(this.work, query);
  }
}
