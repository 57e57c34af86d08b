import { Injectable } from '@nestjs/common';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { expireApproval } from '../domain/approval.machine.js';
import { ApprovalStore } from '../store/approval.store.js';

const BATCH = 100;

@Injectable()
export class ExpireApprovalsHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalStore,
    private readonly clock: Clock,
  ) {}

  expire(): Promise<number> {
    return this.work.run(async (tx) => {
      const at = this.clock.now().toISOString();
      const due = await this.approvals.lockDue(tx, at, BATCH);
      const steps = due.map((approval) => expireApproval(approval, at));
      await this.approvals.save(
        tx,
        steps.map(({ approval }) => approval),
      );
      for (const { approval, events } of steps) {
        await this.outbox.add(tx, { actor: { kind: 'service', id: 'approval' }, correlationId: approval.id }, events);
      }
      return due.length;
    });
  }
}
