import { Controller } from '@nestjs/common';
import { bareActor, type Envelope, type SwitchSet, switchSet } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { SwitchStore } from '../store/switch.store.js';

/** Only told, never decided on: whether a run waits is the runner's to say. */
@Controller()
export class FollowSwitchConsumer {
  constructor(private readonly switches: SwitchStore) {}

  @JetStream({ messages: [switchSet], durable: 'replay-orchestrator-follow-switch' })
  async follow(batch: Envelope<SwitchSet>[], tx: Transaction): Promise<void> {
    for (const { data, aggregate, actor, time } of batch) {
      const { environmentId, after: state, reason } = data;
      const { version } = aggregate;
      await this.switches.set(tx, { environmentId, version, state, reason, by: bareActor(actor), at: time });
    }
  }
}
