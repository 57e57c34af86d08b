import { Controller } from '@nestjs/common';
import { type CallContext, CreateEnvironment, createEnvironment, type Environment } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { CreateEnvironmentHandler } from './create-environment.handler.js';

@Controller()
export class CreateEnvironmentRpc {
  constructor(private readonly handler: CreateEnvironmentHandler) {}

  @Rpc(createEnvironment)
  create(request: CreateEnvironment, context: CallContext): Promise<Environment> {
    return this.handler.execute(request, context);
  }
}
