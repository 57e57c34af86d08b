import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type EscalationKind,
  type EventContract,
  type EscalationFact,
  escalationClosed,
  escalationOpened,
  newId,
  type Scope,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import type { Finding } from '../domain/finding.js';
import { entryOf } from '../domain/timeline-entry.js';
import { EscalationStore, type StoredEscalation } from '../store/escalation.store.js';
import { TimelineStore } from '../store/timeline.store.js';

/** The one place where escalations open and close; each does so with its event and, when it has an owner, its timeline entry. */
@Injectable()
export class Escalations {
  constructor(
    private readonly store: EscalationStore,
    private readonly timeline: TimelineStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Opens one, or counts the one that is open: its evidence is then the newest, or what `merge` makes of both. */
  async raise<E extends object>(
    tx: Transaction,
    { finding, scope }: { finding: Finding; scope: Scope },
    context: CallContext,
    merge?: (before: E) => E,
  ): Promise<void> {
    const now = this.clock.now();
    for (;;) {
      const opened = await this.store.insert(tx, newId('escalation'), finding, scope, now);
      if (opened) return this.say(tx, escalationOpened, opened, context);
      const live = await this.store.lockLive(tx, finding.kind, finding.subject);
      // None: it was closed between the two statements.
      if (!live) continue;
      const evidence = merge ? merge(live.escalation.evidence as E) : finding.evidence;
      return this.store.count(tx, live.escalation.id, evidence, now);
    }
  }

  /** It is healed; nothing happens when none is open. */
  async heal(tx: Transaction, kind: EscalationKind, subject: string, context: CallContext): Promise<void> {
    const live = await this.store.lockLive(tx, kind, subject);
    if (live) await this.close(tx, live, context);
  }

  /** Closes one that this transaction holds. */
  async close(tx: Transaction, { escalation }: StoredEscalation, context: CallContext): Promise<void> {
    await this.say(tx, escalationClosed, await this.store.close(tx, escalation.id, this.clock.now()), context);
  }

  async say(
    tx: Transaction,
    contract: EventContract<EscalationFact>,
    { escalation, version }: StoredEscalation,
    context: CallContext,
  ): Promise<void> {
    const { id, kind, state, subject, count, incidentId, agentId, orgId, projectId, environmentId } = escalation;
    const about = { ...(incidentId && { incidentId }), ...(agentId && { agentId }) };
    const data = { escalationId: id, kind, state, subject, count, ...about };
    const [envelope] = await this.outbox.add(tx, context, [
      { contract, data, orgId, projectId, environmentId, aggregate: { id, version } },
    ]);
    const ownerId = incidentId ?? agentId;
    if (ownerId !== undefined) await this.timeline.add(tx, [{ ownerId, entry: entryOf(envelope, { data: { kind, state } }) }]);
  }
}
