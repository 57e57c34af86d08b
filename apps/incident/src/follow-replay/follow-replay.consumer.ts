import { Controller } from '@nestjs/common';
import {
  type Envelope,
  type ReplayChanged,
  type ReplayNoted,
  replayCancelRequested,
  replayEntered,
  replayResolved,
} from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { FollowReplayHandler } from './follow-replay.handler.js';

@Controller()
export class FollowReplayConsumer {
  constructor(private readonly handler: FollowReplayHandler) {}

  @JetStream({
    messages: [...Object.values(replayEntered), replayCancelRequested, replayResolved],
    durable: 'incident-follow-replay',
  })
  async follow(batch: (Envelope<ReplayChanged> | Envelope<ReplayNoted>)[], tx: Transaction): Promise<void> {
    let changes: Envelope<ReplayChanged>[] = [];
    for (const envelope of batch) {
      if (isChange(envelope)) {
        changes.push(envelope);
        continue;
      }
      await this.handler.changed(tx, changes);
      changes = [];
      await this.handler.noted(tx, envelope);
    }
    await this.handler.changed(tx, changes);
  }
}

function isChange(envelope: Envelope<ReplayChanged> | Envelope<ReplayNoted>): envelope is Envelope<ReplayChanged> {
  return 'artifactId' in envelope.data;
}
