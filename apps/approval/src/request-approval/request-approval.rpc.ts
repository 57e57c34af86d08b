import { Controller } from '@nestjs/common';
import { type Approval, type CallContext, type RequestApproval, requestApproval } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { RequestApprovalHandler } from './request-approval.handler.js';

@Controller()
export class RequestApprovalRpc {
  constructor(private readonly handler: RequestApprovalHandler) {}

  @Rpc(requestApproval)
  request(request: RequestApproval, context: CallContext): Promise<Approval> {
    return this.handler.request(request, context);
  }
}
