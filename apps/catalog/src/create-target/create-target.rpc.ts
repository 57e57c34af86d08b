import { Controller } from '@nestjs/common';
import { type CallContext, CreateTarget, createTarget, type Target } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { CreateTargetHandler } from './create-target.handler.js';

@Controller()
export class CreateTargetRpc {
  constructor(private readonly handler: CreateTargetHandler) {}

  @Rpc(createTarget)
  create(request: CreateTarget, context: CallContext): Promise<Target> {
    return this.handler.execute(request, context);
  }
}
