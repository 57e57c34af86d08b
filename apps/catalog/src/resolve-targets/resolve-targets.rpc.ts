import { Controller } from '@nestjs/common';
import { Problem, ResolveTargets, resolveTargets, type Target, type TargetPin } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { TargetStore } from '../store/target.store.js';

@Controller()
export class ResolveTargetsRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly targets: TargetStore,
  ) {}

  @Rpc(resolveTargets)
  async resolve({ environmentId, targets: pins }: ResolveTargets): Promise<{ targets: Target[] }> {
    const ids = pins.map(({ id }) => id);
    const known = await this.targets.byId(this.work, environmentId, ids);
    return { targets: pins.map((pin) => held(pin, known.get(pin.id))) };
  }
}

function held(pin: TargetPin, target: Target | undefined): Target {
  const members = { targetId: pin.id, name: pin.name };
  if (!target) throw new Problem('target_unknown', { members });
  if (target.revision !== pin.revision || target.name !== pin.name) {
    throw new Problem('target_changed', { members: { ...members, revision: target.revision } });
  }
  return target;
}
