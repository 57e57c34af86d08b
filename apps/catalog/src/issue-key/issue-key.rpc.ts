import { Controller } from '@nestjs/common';
import { type AgentKey, type CallContext, IssueKey, issueKey } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { IssueKeyHandler } from './issue-key.handler.js';

@Controller()
export class IssueKeyRpc {
  constructor(private readonly handler: IssueKeyHandler) {}

  @Rpc(issueKey)
  issue(request: IssueKey, context: CallContext): Promise<{ key: AgentKey; apiKey: string }> {
    return this.handler.execute(request, context);
  }
}
