import { Injectable } from '@nestjs/common';
import type { AgentRefused, Envelope } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { refusals } from '../domain/finding.js';
import { entryOf } from '../domain/timeline-entry.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { AgentHealthStore } from '../store/agent-health.store.js';
import { TimelineStore } from '../store/timeline.store.js';

/** So many refusals within so many minutes are no slip. */
const BURST = 10;
const WINDOW_MS = 5 * 60_000;

@Injectable()
export class FollowRefusalHandler {
  constructor(
    private readonly health: AgentHealthStore,
    private readonly escalations: Escalations,
    private readonly timeline: TimelineStore,
  ) {}

  async execute(tx: Transaction, envelope: Envelope<AgentRefused>): Promise<void> {
    const { agentId, ...data } = envelope.data;
    if (agentId === undefined) return;
    await this.timeline.add(tx, [{ ownerId: agentId, entry: entryOf(envelope, { data }) }]);
    const since = new Date(Date.parse(data.minute) - WINDOW_MS);
    const counts = await this.health.refused(tx, { agentId, ...data }, since);
    if (counts.reduce((sum, { count }) => sum + count, 0) < BURST) return;
    await this.escalations.raise(tx, { finding: refusals(agentId, counts.slice(0, 20)), scope: envelope }, causedBy(envelope));
  }
}
