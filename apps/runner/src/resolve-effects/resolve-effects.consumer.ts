import { Controller } from '@nestjs/common';
import { bareActor, type Envelope, type ReplayNoted, replayResolved } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';

/** A person says what became of actions that were left indeterminate: done ones are never sent again, the others may be. */
@Controller()
export class ResolveEffectsConsumer {
  @JetStream({ messages: [replayResolved], durable: 'runner-resolve-effects' })
  async resolve(batch: Envelope<ReplayNoted>[], tx: Transaction): Promise<void> {
    for (const { data, actor } of batch) {
      const state = data.outcome === 'performed' ? 'done' : 'not_sent';
      // Its error said that nobody knew; somebody does now.
      await tx.query(
        `update runner.effect set state = $2, error = null, resolved_by = $3 where replay_id = $1 and state = 'indeterminate'`,
        [data.replayId, state, JSON.stringify(bareActor(actor))],
      );
    }
  }
}
