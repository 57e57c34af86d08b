import { Controller } from '@nestjs/common';
import { ListTargets, listTargets, type Page, Problem, ReadTarget, readTarget, type Target } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { TargetStore } from '../store/target.store.js';

@Controller()
export class ReadTargetRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly targets: TargetStore,
  ) {}

  @Rpc(readTarget)
  async read({ targetId }: ReadTarget): Promise<Target> {
    const target = await this.targets.find(this.work, targetId);
    if (!target) throw new Problem('not_found');
    return target;
  }

  @Rpc(listTargets)
  async list(request: ListTargets): Promise<Page<Target>> {
    const keyset = keysetOf(request);
    const rows = await this.targets.list(this.work, request.environmentId, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
