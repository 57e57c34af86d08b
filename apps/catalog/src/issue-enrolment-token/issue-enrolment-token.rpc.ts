import { Controller } from '@nestjs/common';
import { type CallContext, type IssuedEnrolmentToken, IssueEnrolmentToken, issueEnrolmentToken } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { IssueEnrolmentTokenHandler } from './issue-enrolment-token.handler.js';

@Controller()
export class IssueEnrolmentTokenRpc {
  constructor(private readonly handler: IssueEnrolmentTokenHandler) {}

  @Rpc(issueEnrolmentToken)
  issue(request: IssueEnrolmentToken, context: CallContext): Promise<IssuedEnrolmentToken> {
    return this.handler.execute(request, context);
  }
}
