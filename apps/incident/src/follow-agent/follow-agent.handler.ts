import { Injectable } from '@nestjs/common';
import type { AgentFact, AgentHeardFact, AgentSequenceGap, Envelope } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { sequenceGap, silence } from '../domain/finding.js';
import { alsoMissing } from '../domain/missing-numbers.js';
import { entryOf } from '../domain/timeline-entry.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { AgentHealthStore } from '../store/agent-health.store.js';
import { TimelineStore } from '../store/timeline.store.js';

@Injectable()
export class FollowAgentHandler {
  constructor(
    private readonly health: AgentHealthStore,
    private readonly escalations: Escalations,
    private readonly timeline: TimelineStore,
  ) {}

  /** It fell silent, was heard again, or was disabled: then nobody waits for it. */
  async changed(tx: Transaction, envelope: Envelope<AgentFact> | Envelope<AgentHeardFact>): Promise<void> {
    const { data, aggregate } = envelope;
    const { agentId, state } = data;
    await this.timeline.add(tx, [{ ownerId: agentId, entry: entryOf(envelope, { data: { state } }) }]);
    if (!(await this.health.project(tx, { agentId, state, version: aggregate.version }))) return;
    if ('lastHeartbeatAt' in data && state === 'silent') {
      await this.escalations.raise(tx, { finding: silence(data), scope: envelope }, causedBy(envelope));
    } else {
      await this.escalations.heal(tx, 'heartbeats_missing', agentId, causedBy(envelope));
    }
  }

  async missed(tx: Transaction, envelope: Envelope<AgentSequenceGap>): Promise<void> {
    const { agentId, ...data } = envelope.data;
    await this.timeline.add(tx, [{ ownerId: agentId, entry: entryOf(envelope, { data }) }]);
    const finding = sequenceGap(envelope.data);
    const { from, to } = data;
    await this.escalations.raise(
      tx,
      { finding, scope: envelope },
      causedBy(envelope),
      (before: Parameters<typeof alsoMissing>[0]) => alsoMissing(before, [{ from, to }]),
    );
  }
}
