import { Controller } from '@nestjs/common';
import { PinTargets, pinTargets, type TargetKind, type TargetPin } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { TargetStore } from '../store/target.store.js';

@Controller()
export class PinTargetsRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly targets: TargetStore,
  ) {}

  @Rpc(pinTargets)
  async pin({ environmentId, names }: PinTargets): Promise<{ targets: (TargetPin & { kind: TargetKind })[] }> {
    const targets = await this.targets.byName(this.work, environmentId, names);
    return { targets: targets.map(({ id, name, revision, kind }) => ({ id, name, revision, kind })) };
  }
}
