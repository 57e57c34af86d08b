import { Injectable } from '@nestjs/common';
import { type CallContext, canonicalSha256, confirmDispatch, type Execute, type Scope, scopeDigest } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';

/** Asks the orchestrator whether it sent an execute command, for this place, and still stands by it. */
@Injectable()
export class DispatchCheck {
  constructor(private readonly rpc: RpcClient) {}

  async confirms(command: Execute, scope: Scope, context: CallContext): Promise<boolean> {
    const request = {
      replayId: command.replayId,
      commandDigest: canonicalSha256(command),
      scopeDigest: scopeDigest(scope),
    };
    return (await this.rpc.call(confirmDispatch, request, context)).confirmed;
  }
}
