import { Controller } from '@nestjs/common';
import { type Envelope, type VersionFact, versionRegistered } from '@reenact/contracts';
import { causedBy, JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { specSubject } from '../domain/finding.js';
import { Escalations } from '../raise-escalation/escalations.js';

/** A version that is registered heals what could not be resolved to it. */
@Controller()
export class FollowVersionConsumer {
  constructor(private readonly escalations: Escalations) {}

  @JetStream({ messages: [versionRegistered], durable: 'incident-follow-version' })
  async follow(batch: Envelope<VersionFact>[], tx: Transaction): Promise<void> {
    for (const envelope of batch) {
      const subject = specSubject(envelope.projectId, envelope.data.specHash);
      await this.escalations.heal(tx, 'spec_hash_unresolved', subject, causedBy(envelope));
    }
  }
}
