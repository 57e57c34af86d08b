import { Injectable } from '@nestjs/common';
import { type CallContext, type IssueKey, Problem } from '@reenact/contracts';
import { IdempotencyStore, UnitOfWork } from '@reenact/persistence';
import { AgentStore } from '../store/agent.store.js';
import { type IssuedKey, KeyIssuer } from './key-issuer.js';

@Injectable()
export class IssueKeyHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly agents: AgentStore,
    private readonly issuer: KeyIssuer,
  ) {}

  execute({ agentId, scopes, callerKeyId: stays, idempotency }: IssueKey, context: CallContext): Promise<IssuedKey> {
    return this.work.run(async (tx) => {
      const agent = await this.agents.lock(tx, agentId);
      if (!agent) throw new Problem('not_found');
      if (agent.state === 'disabled') throw new Problem('agent_disabled');
      if (scopes?.length === 0) {
        throw new Problem('validation_failed', { errors: [{ path: '/scopes', message: 'must name at least one scope' }] });
      }
      let issued: IssuedKey | undefined;
      const issue = async () => {
        issued = await this.issuer.issue(tx, agent, context, { scopes, stays });
        return issued.key.id;
      };
      const keyId = await (idempotency ? this.idempotency.once(tx, idempotency, issue) : issue());
      issued ??= await this.issuer.reissue(tx, agentId, keyId);
      return issued ?? this.issuer.issue(tx, agent, context, { scopes, stays });
    });
  }
}
