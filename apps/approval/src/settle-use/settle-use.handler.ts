import { Injectable } from '@nestjs/common';
import type { CallContext, SettledUse, SettleUse } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { settleUse } from '../domain/approval.machine.js';
import { ApprovalStore } from '../store/approval.store.js';
import { UseStore, useKey } from '../store/use.store.js';

@Injectable()
export class SettleUseHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalStore,
    private readonly uses: UseStore,
    private readonly clock: Clock,
  ) {}

  settle(request: SettleUse, context: CallContext): Promise<SettledUse> {
    const { approvalId, replayId } = request;
    return this.work.together(approvalId, async (tx) => {
      const [approvals, uses] = await Promise.all([this.approvals.lock(tx, [approvalId]), this.uses.read(tx, [request])]);
      const approval = approvals.get(approvalId);
      if (!approval) return { settled: false, code: 'approval_missing' };
      const { answer, step } = settleUse(approval, uses.get(useKey(request)), this.clock.now().toISOString());
      if (step) {
        await Promise.all([
          this.approvals.save(tx, [step.approval]),
          this.uses.save(tx, [step.use]),
          this.outbox.add(tx, { ...context, correlationId: replayId }, step.events),
        ]);
      }
      return answer;
    });
  }
}
