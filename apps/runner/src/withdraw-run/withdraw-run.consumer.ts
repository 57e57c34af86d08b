import { Controller } from '@nestjs/common';
import { type Envelope, type Withdraw, withdraw } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { WithdrawRunHandler } from './withdraw-run.handler.js';

@Controller()
export class WithdrawRunConsumer {
  constructor(private readonly handler: WithdrawRunHandler) {}

  @JetStream({ messages: [withdraw], durable: 'runner-withdraw-run' })
  async withdraw(batch: Envelope<Withdraw>[], tx: Transaction): Promise<void> {
    for (const command of batch) await this.handler.withdraw(tx, command);
  }
}
