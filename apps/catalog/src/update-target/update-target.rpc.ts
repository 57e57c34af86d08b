import { Controller } from '@nestjs/common';
import { type CallContext, type Target, UpdateTarget, updateTarget } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UpdateTargetHandler } from './update-target.handler.js';

@Controller()
export class UpdateTargetRpc {
  constructor(private readonly handler: UpdateTargetHandler) {}

  @Rpc(updateTarget)
  update(request: UpdateTarget, context: CallContext): Promise<Target> {
    return this.handler.execute(request, context);
  }
}
