import { Controller } from '@nestjs/common';
import { type Envelope, type ReleaseUse, type ReserveUse, releaseUse, reserveUse } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { HoldUseHandler } from './hold-use.handler.js';

@Controller()
export class HoldUseConsumer {
  constructor(private readonly handler: HoldUseHandler) {}

  @JetStream({ messages: [reserveUse, releaseUse], durable: 'approval-hold-use' })
  async hold(batch: Envelope<ReserveUse | ReleaseUse>[], tx: Transaction): Promise<void> {
    await this.handler.hold(batch, tx);
  }
}
