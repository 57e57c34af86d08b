import { Injectable } from '@nestjs/common';
import { type CallContext, targetRemoved } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { TargetStore } from '../store/target.store.js';

@Injectable()
export class RemoveTargetHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly targets: TargetStore,
    private readonly outbox: Outbox,
  ) {}

  execute(targetId: string, context: CallContext): Promise<{ removed: boolean }> {
    return this.work.run(async (tx) => {
      const target = await this.targets.lock(tx, targetId);
      if (!target) return { removed: false };
      await this.targets.remove(tx, targetId);
      const { name, revision, orgId, projectId, environmentId } = target;
      await this.outbox.add(tx, context, [
        {
          contract: targetRemoved,
          data: { targetId, name, revision },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: targetId, version: revision + 1 },
        },
      ]);
      return { removed: true };
    });
  }
}
