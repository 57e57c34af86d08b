import { Controller } from '@nestjs/common';
import { type Envelope, type SwitchSet, switchSet } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { entryOf } from '../domain/timeline-entry.js';
import { TimelineStore } from '../store/timeline.store.js';

/** Pauses and stops of an environment belong to the story of each of its incidents that is open then. */
@Controller()
export class FollowSwitchConsumer {
  constructor(private readonly timeline: TimelineStore) {}

  @JetStream({ messages: [switchSet], durable: 'incident-follow-switch' })
  async follow(batch: Envelope<SwitchSet>[], tx: Transaction): Promise<void> {
    await this.timeline.add(
      tx,
      batch.map((envelope) => {
        const { environmentId, before, after, reason } = envelope.data;
        const entry = entryOf(envelope, { ...(reason && { text: reason }), data: { before, after } });
        return { ownerId: environmentId, entry };
      }),
    );
  }
}
