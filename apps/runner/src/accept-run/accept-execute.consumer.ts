import { Controller } from '@nestjs/common';
import { type Envelope, type Execute, execute } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { AcceptRunHandler } from './accept-run.handler.js';

@Controller()
export class AcceptExecuteConsumer {
  constructor(private readonly handler: AcceptRunHandler) {}

  @JetStream({ messages: [execute], durable: 'runner-accept-execute' })
  async accept(batch: Envelope<Execute>[], tx: Transaction): Promise<void> {
    await this.handler.accept(tx, 'execute', batch);
  }
}
