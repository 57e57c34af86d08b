import { Injectable } from '@nestjs/common';
import { type Agent, agentDisabled, agentEnabled, type CallContext, Problem, type SetAgentState } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { AgentStore, type StoredAgent, withKeys } from '../store/agent.store.js';
import { KeyStore } from '../store/key.store.js';

@Injectable()
export class SetAgentStateHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly keys: KeyStore,
    private readonly outbox: Outbox,
  ) {}

  execute({ agentId, state }: SetAgentState, context: CallContext): Promise<Agent> {
    return this.work.run(async (tx) => {
      const known = await this.agents.lock(tx, agentId);
      if (!known) throw new Problem('not_found');
      const keys = (await this.keys.ofAgents(tx, [agentId])).get(agentId) ?? [];
      if ((known.state === 'disabled') === (state === 'disabled')) return withKeys(known, keys);
      const agent: StoredAgent = await this.agents.setState(tx, agentId, state);
      const { name, orgId, projectId, environmentId, version } = agent;
      await this.outbox.add(tx, context, [
        {
          contract: state === 'disabled' ? agentDisabled : agentEnabled,
          data: { agentId, name, state },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: agentId, version },
        },
      ]);
      return withKeys(agent, keys);
    });
  }
}
