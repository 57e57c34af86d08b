import { Controller } from '@nestjs/common';
import { type ArtifactRepeated, artifactRepeated, type ArtifactStored, artifactStored, type Envelope } from '@reenact/contracts';
import { causedBy, JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { TakeEvidenceHandler } from './take-evidence.handler.js';

@Controller()
export class TakeEvidenceConsumer {
  constructor(private readonly handler: TakeEvidenceHandler) {}

  @JetStream({ messages: [artifactStored], durable: 'incident-open-incident' })
  async take(batch: Envelope<ArtifactStored>[], tx: Transaction): Promise<void> {
    for (const envelope of batch) await this.handler.execute(tx, envelope, causedBy(envelope));
  }

  @JetStream({ messages: [artifactRepeated], durable: 'incident-follow-repeat' })
  async takeRepeats(batch: Envelope<ArtifactRepeated>[], tx: Transaction): Promise<void> {
    for (const envelope of batch) await this.handler.arrived(tx, envelope.data, causedBy(envelope));
  }
}
