import { Injectable } from '@nestjs/common';
import { type Envelope, Problem, type ReleaseUse, type ReserveUse, reserveUse as reserveContract } from '@reenact/contracts';
import { causedBy, Outbox, type Saying } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import type { ApprovalRecord, UseRecord } from '../domain/approval.js';
import { releaseUse, reserveUse, type UseStep } from '../domain/approval.machine.js';
import { ApprovalStore } from '../store/approval.store.js';
import { UseStore, useKey } from '../store/use.store.js';

/** Reserves and releases of many replays, in one transaction, in the order in which they came. */
@Injectable()
export class HoldUseHandler {
  constructor(
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalStore,
    private readonly uses: UseStore,
    private readonly clock: Clock,
  ) {}

  async hold(batch: Envelope<ReserveUse | ReleaseUse>[], tx: Transaction): Promise<void> {
    const approvals = await this.approvals.lock(
      tx,
      batch.map(({ data }) => data.approvalId),
    );
    const uses = await this.uses.read(
      tx,
      batch.map(({ data }) => data),
    );
    const changedApprovals = new Map<string, ApprovalRecord>();
    const changedUses = new Map<string, UseRecord>();
    const said: Saying[] = [];
    for (const envelope of batch) {
      const { approvalId } = envelope.data;
      const approval = approvals.get(approvalId);
      if (!approval) throw new Problem('not_found', { detail: `there is no approval ${approvalId}` });
      const step = this.step(envelope, approval, uses.get(useKey(envelope.data)));
      if (step.changed) {
        approvals.set(approvalId, step.approval);
        uses.set(useKey(step.use), step.use);
        changedApprovals.set(approvalId, step.approval);
        changedUses.set(useKey(step.use), step.use);
      }
      said.push({ context: causedBy(envelope), drafts: step.events });
    }
    await Promise.all([
      this.approvals.save(tx, [...changedApprovals.values()]),
      this.uses.save(tx, [...changedUses.values()]),
      this.outbox.addAll(tx, said),
    ]);
  }

  private step(envelope: Envelope<ReserveUse | ReleaseUse>, approval: ApprovalRecord, use: UseRecord | undefined): UseStep {
    if (!isReserve(envelope)) return releaseUse(approval, use, envelope.data.replayId);
    return reserveUse(approval, use, envelope.data, this.clock.now().toISOString());
  }
}

const isReserve = (envelope: Envelope<ReserveUse | ReleaseUse>): envelope is Envelope<ReserveUse> =>
  envelope.type === reserveContract.type;
