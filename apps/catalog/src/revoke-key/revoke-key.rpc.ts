import { Controller } from '@nestjs/common';
import { type AgentKey, type CallContext, RevokeKey, revokeKey } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RevokeKeyHandler } from './revoke-key.handler.js';

@Controller()
export class RevokeKeyRpc {
  constructor(private readonly handler: RevokeKeyHandler) {}

  @Rpc(revokeKey)
  revoke(request: RevokeKey, context: CallContext): Promise<AgentKey> {
    return this.handler.execute(request, context);
  }
}
