import { Controller } from '@nestjs/common';
import { type CallContext, type Environment, LimitArtifacts, limitArtifacts } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { LimitArtifactsHandler } from './limit-artifacts.handler.js';

@Controller()
export class LimitArtifactsRpc {
  constructor(private readonly handler: LimitArtifactsHandler) {}

  @Rpc(limitArtifacts)
  limit(request: LimitArtifacts, context: CallContext): Promise<Environment> {
    return this.handler.execute(request, context);
  }
}
