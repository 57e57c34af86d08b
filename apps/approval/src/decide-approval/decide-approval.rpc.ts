import { Controller } from '@nestjs/common';
import {
  type Approval,
  type CallContext,
  type DecideApproval,
  decideApproval,
  type ReadApproval,
  type RevokeApproval,
  revokeApproval,
  withdrawApproval,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { DecideApprovalHandler } from './decide-approval.handler.js';

@Controller()
export class DecideApprovalRpc {
  constructor(private readonly handler: DecideApprovalHandler) {}

  @Rpc(decideApproval)
  async decide(request: DecideApproval, context: CallContext): Promise<Approval> {
    return this.handler.decide(request, context);
  }

  @Rpc(revokeApproval)
  async revoke({ approvalId, reason }: RevokeApproval, context: CallContext): Promise<Approval> {
    return this.handler.revoke(approvalId, reason, context);
  }

  @Rpc(withdrawApproval)
  async withdraw({ approvalId }: ReadApproval, context: CallContext): Promise<Approval> {
    return this.handler.withdraw(approvalId, context);
  }
}
