import { Controller } from '@nestjs/common';
import { type AgentRefused, agentRefused, type Envelope } from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { FollowRefusalHandler } from './follow-refusal.handler.js';

@Controller()
export class FollowRefusalConsumer {
  constructor(private readonly handler: FollowRefusalHandler) {}

  @JetStream({ messages: [agentRefused], durable: 'incident-follow-refusal' })
  async follow(batch: Envelope<AgentRefused>[], tx: Transaction): Promise<void> {
    for (const envelope of batch) await this.handler.execute(tx, envelope);
  }
}
