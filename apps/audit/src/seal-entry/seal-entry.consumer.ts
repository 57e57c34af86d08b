import { Controller } from '@nestjs/common';
import type { Envelope } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { SealEntryHandler } from './seal-entry.handler.js';

@Controller()
export class SealEntryConsumer {
  constructor(private readonly handler: SealEntryHandler) {}

  @JetStream({ messages: 'all-events', durable: 'audit-seal-entry', batch: 200 })
  async onEvents(batch: Envelope[], tx: Transaction): Promise<void> {
    await this.handler.seal(batch, tx);
  }
}
