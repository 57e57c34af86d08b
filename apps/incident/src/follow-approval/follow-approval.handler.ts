import { Injectable } from '@nestjs/common';
import { type ApprovalDecision, type ApprovalFact, type ApprovalUseFact, type Envelope, Problem } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { approvalSubject } from '../domain/finding.js';
import { entryOf } from '../domain/timeline-entry.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { ApprovalStore } from '../store/approval.store.js';
import { EvidenceStore } from '../store/evidence.store.js';
import { TimelineStore } from '../store/timeline.store.js';

@Injectable()
export class FollowApprovalHandler {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly approvals: ApprovalStore,
    private readonly timeline: TimelineStore,
    private readonly escalations: Escalations,
  ) {}

  async changed(tx: Transaction, envelope: Envelope<ApprovalFact>): Promise<void> {
    const { approvalId: id, artifactId, action, state, decision, reason } = envelope.data;
    const incidentId = await this.incidentOf(tx, artifactId);
    const { version } = envelope.aggregate;
    await this.approvals.project(tx, { id, artifactId, incidentId, version, fields: shapeOf(envelope) }, decisionOf(envelope));
    if (state === 'approved') {
      const subject = approvalSubject(artifactId, action === 'replay_execute' ? 'execute' : 'dry_run');
      await this.escalations.heal(tx, 'approval_missing', subject, causedBy(envelope));
    }
    const detail = { ...(reason && { text: reason }), data: { action, state, ...(decision && { decision }) } };
    await this.timeline.add(tx, [{ ownerId: incidentId ?? artifactId, entry: entryOf(envelope, detail) }]);
  }

  async used(tx: Transaction, envelope: Envelope<ApprovalUseFact>): Promise<void> {
    const { approvalId, replayId } = envelope.data;
    const artifactId = await this.approvals.use(tx, approvalId, replayId);
    if (artifactId === undefined) throw new Problem('try_later', { detail: `approval ${approvalId} is not known yet` });
    const incidentId = await this.incidentOf(tx, artifactId);
    const entry = entryOf(envelope, { data: { approvalId, replayId } });
    await this.timeline.add(tx, [{ ownerId: incidentId ?? artifactId, entry }]);
  }

  private async incidentOf(tx: Transaction, artifactId: string): Promise<string | undefined> {
    await this.evidence.lock(tx, [artifactId]);
    return (await this.evidence.incidentsOf(tx, [artifactId])).get(artifactId);
  }
}

function decisionOf({ data: { decision, reason = '' }, actor, time }: Envelope<ApprovalFact>): ApprovalDecision | undefined {
  return decision && { by: actor, decision, reason, at: time };
}

/** The approval's shape, as far as its event tells; the reason of a decision is not the request's. */
function shapeOf({ type, data, time, orgId, projectId, environmentId }: Envelope<ApprovalFact>): object {
  const { approvalId: id, decision: _decision, reason, approvals: _approvals, ...rest } = data;
  const requested = type.includes('.requested.');
  return { id, orgId, projectId, environmentId, ...rest, ...(requested && { reason }), createdAt: time };
}
