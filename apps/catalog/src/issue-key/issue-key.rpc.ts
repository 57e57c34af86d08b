import { Controller } from '@nestjs/common';
import { type CallContext, IssueKey, issueKey } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { IssueKeyHandler } from './issue-key.handler.js';
import type { IssuedKey } from './key-issuer.js';

@Controller()
export class IssueKeyRpc {
  constructor(private readonly handler: IssueKeyHandler) {}

  @Rpc(issueKey)
  issue(request: IssueKey, context: CallContext): Promise<IssuedKey> {
    return this.handler.execute(request, context);
  }
}
