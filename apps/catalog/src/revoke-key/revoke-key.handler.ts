import { Injectable } from '@nestjs/common';
import { type AgentKey, type CallContext, keyRevoked, Problem, type RevokeKey } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AgentStore } from '../store/agent.store.js';
import { KeyStore } from '../store/key.store.js';

@Injectable()
export class RevokeKeyHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly keys: KeyStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute({ agentId, keyId }: RevokeKey, context: CallContext): Promise<AgentKey> {
    return this.work.run(async (tx) => {
      const agent = await this.agents.lock(tx, agentId);
      const key = agent && (await this.keys.find(tx, agentId, keyId));
      if (!key) throw new Problem('not_found');
      if (key.revokedAt) return key;
      const revoked = await this.keys.revoke(tx, keyId, this.clock.now());
      const { orgId, projectId, environmentId } = agent;
      await this.outbox.add(tx, context, [
        { contract: keyRevoked, data: { keyId, agentId }, orgId, projectId, environmentId, aggregate: { id: keyId, version: 2 } },
      ]);
      return revoked;
    });
  }
}
