import { Injectable } from '@nestjs/common';
import { type Approval, type CallContext, type DecideApproval, isId, Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { type ApprovalRecord, toApproval } from '../domain/approval.js';
import { type ApprovalStep, decideApproval, revokeApproval, withdrawApproval } from '../domain/approval.machine.js';
import { credentialPayload } from '../domain/credential-payload.js';
import { SigningKeys } from '../signing-keys/signing-keys.js';
import { ApprovalStore } from '../store/approval.store.js';

/** What people do to an approval: decide, revoke, withdraw. */
@Injectable()
export class DecideApprovalHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly approvals: ApprovalStore,
    private readonly keys: SigningKeys,
    private readonly clock: Clock,
  ) {}

  decide({ approvalId, decision, reason }: DecideApproval, context: CallContext): Promise<Approval> {
    if (!isId('user', context.actor.id)) throw new Problem('forbidden', { detail: 'Only people decide' });
    const by = { ...context.actor };
    return this.change(approvalId, context, (approval, at) => decideApproval(approval, { by, decision, reason, at }));
  }

  revoke(approvalId: string, reason: string, context: CallContext): Promise<Approval> {
    return this.change(approvalId, context, (approval, at) => revokeApproval(approval, at, reason));
  }

  withdraw(approvalId: string, context: CallContext): Promise<Approval> {
    return this.change(approvalId, context, (approval, at) => withdrawApproval(approval, at, context.actor.id));
  }

  private change(
    id: string,
    context: CallContext,
    step: (approval: ApprovalRecord, at: string) => ApprovalStep,
  ): Promise<Approval> {
    return this.work.run(async (tx) => {
      const before = (await this.approvals.lock(tx, [id])).get(id);
      if (!before) throw new Problem('not_found');
      const at = this.clock.now().toISOString();
      const { approval, events } = step(before, at);
      await this.approvals.save(tx, [approval]);
      if (approval.state === 'approved' && before.state !== 'approved') {
        await this.approvals.saveCredential(tx, id, this.keys.sign(credentialPayload(approval)));
      }
      await this.outbox.add(tx, { ...context, correlationId: id }, events);
      return toApproval(approval, at);
    });
  }
}
