import { Controller } from '@nestjs/common';
import {
  type Envelope,
  type PostureChanged,
  type PostureChangeFact,
  postureChangeDecided,
  postureChanged,
  postureChangeRequested,
} from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { entryOf } from '../domain/timeline-entry.js';
import { TimelineStore } from '../store/timeline.store.js';

@Controller()
export class FollowPostureConsumer {
  constructor(private readonly timeline: TimelineStore) {}

  @JetStream({ messages: [postureChanged, postureChangeRequested, postureChangeDecided], durable: 'incident-follow-posture' })
  async follow(batch: (Envelope<PostureChanged> | Envelope<PostureChangeFact>)[], tx: Transaction): Promise<void> {
    const entries = batch.flatMap((envelope) =>
      envelope.environmentId === undefined
        ? []
        : [{ ownerId: envelope.environmentId, entry: entryOf(envelope, { data: detailOf(envelope.data) }) }],
    );
    await this.timeline.add(tx, entries);
  }
}

/** The postures themselves are one request away. */
function detailOf(data: PostureChanged | PostureChangeFact): object {
  return 'revision' in data ? { revision: data.revision } : { changeId: data.changeId, state: data.state };
}
