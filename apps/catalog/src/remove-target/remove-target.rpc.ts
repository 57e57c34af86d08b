import { Controller } from '@nestjs/common';
import { type CallContext, RemoveTarget, removeTarget } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RemoveTargetHandler } from './remove-target.handler.js';

@Controller()
export class RemoveTargetRpc {
  constructor(private readonly handler: RemoveTargetHandler) {}

  @Rpc(removeTarget)
  remove({ targetId }: RemoveTarget, context: CallContext): Promise<{ removed: boolean }> {
    return this.handler.execute(targetId, context);
  }
}
