import { Injectable } from '@nestjs/common';
import { type AgentKey, type CallContext, type IssueKey, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { AgentStore } from '../store/agent.store.js';
import { KeyIssuer } from './key-issuer.js';

@Injectable()
export class IssueKeyHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly issuer: KeyIssuer,
  ) {}

  execute({ agentId, scopes }: IssueKey, context: CallContext): Promise<{ key: AgentKey; apiKey: string }> {
    return this.work.run(async (tx) => {
      const agent = await this.agents.lock(tx, agentId);
      if (!agent) throw new Problem('not_found');
      if (agent.state === 'disabled') throw new Problem('agent_disabled');
      if (scopes?.length === 0) {
        throw new Problem('validation_failed', { errors: [{ path: '/scopes', message: 'must name at least one scope' }] });
      }
      return this.issuer.issue(tx, agent, context, scopes);
    });
  }
}
