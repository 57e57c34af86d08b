import { Controller } from '@nestjs/common';
import { type CallContext, type SettledUse, type SettleUse, settleUse } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { SettleUseHandler } from './settle-use.handler.js';

@Controller()
export class SettleUseRpc {
  constructor(private readonly handler: SettleUseHandler) {}

  @Rpc(settleUse)
  settle(request: SettleUse, context: CallContext): Promise<SettledUse> {
    return this.handler.settle(request, context);
  }
}
