import { Controller } from '@nestjs/common';
import { type CallContext, type Replay, type RequestReplay, requestReplay } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RequestReplayHandler } from './request-replay.handler.js';

@Controller()
export class RequestReplayRpc {
  constructor(private readonly handler: RequestReplayHandler) {}

  @Rpc(requestReplay)
  request(request: RequestReplay, context: CallContext): Promise<Replay> {
    return this.handler.request(request, context);
  }
}
