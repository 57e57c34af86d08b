import { Controller } from '@nestjs/common';
import {
  type AgentFact,
  type AgentHeardFact,
  type AgentSequenceGap,
  agentDisabled,
  agentEnabled,
  agentReturned,
  agentSequenceGap,
  agentSilent,
  type Envelope,
} from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { FollowAgentHandler } from './follow-agent.handler.js';

type AgentEvent = Envelope<AgentFact> | Envelope<AgentHeardFact> | Envelope<AgentSequenceGap>;

@Controller()
export class FollowAgentConsumer {
  constructor(private readonly handler: FollowAgentHandler) {}

  @JetStream({
    messages: [agentSilent, agentReturned, agentDisabled, agentEnabled, agentSequenceGap],
    durable: 'incident-follow-agent',
  })
  async follow(batch: AgentEvent[], tx: Transaction): Promise<void> {
    for (const envelope of batch) {
      if (isGap(envelope)) await this.handler.missed(tx, envelope);
      else await this.handler.changed(tx, envelope);
    }
  }
}

function isGap(envelope: AgentEvent): envelope is Envelope<AgentSequenceGap> {
  return envelope.type === agentSequenceGap.type;
}
