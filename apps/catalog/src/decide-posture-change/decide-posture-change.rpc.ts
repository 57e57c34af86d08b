import { Controller } from '@nestjs/common';
import { type CallContext, DecidePostureChange, decidePostureChange, type PostureChange } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { DecidePostureChangeHandler } from './decide-posture-change.handler.js';

@Controller()
export class DecidePostureChangeRpc {
  constructor(private readonly handler: DecidePostureChangeHandler) {}

  @Rpc(decidePostureChange)
  decide(request: DecidePostureChange, context: CallContext): Promise<PostureChange> {
    return this.handler.execute(request, context);
  }
}
