import { Controller } from '@nestjs/common';
import { type DryRun, dryRun, type Envelope } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { AcceptRunHandler } from './accept-run.handler.js';

@Controller()
export class AcceptDryRunConsumer {
  constructor(private readonly handler: AcceptRunHandler) {}

  @JetStream({ messages: [dryRun], durable: 'runner-accept-dry-run' })
  async accept(batch: Envelope<DryRun>[], tx: Transaction): Promise<void> {
    await this.handler.accept(tx, 'dry_run', batch);
  }
}
