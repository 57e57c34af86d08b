import { Controller } from '@nestjs/common';
import { type ApprovalFacts, type CheckApproval, checkApproval } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { toApproval } from '../domain/approval.js';
import { unfitness } from '../domain/fitness.js';
import { ApprovalStore } from '../store/approval.store.js';

@Controller()
export class CheckApprovalRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly approvals: ApprovalStore,
    private readonly clock: Clock,
  ) {}

  @Rpc(checkApproval)
  async check({ approvalId, ...purpose }: CheckApproval): Promise<ApprovalFacts> {
    const approval = await this.approvals.read(this.work, approvalId);
    if (!approval) return { approval: null, codes: ['approval_missing'] };
    // What belongs to another environment is not told about.
    if (approval.environmentId !== purpose.environmentId) return { approval: null, codes: ['approval_scope_mismatch'] };
    const at = this.clock.now().toISOString();
    return { approval: toApproval(approval, at), codes: unfitness(approval, purpose, at) };
  }
}
