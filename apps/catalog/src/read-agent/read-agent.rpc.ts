import { Controller } from '@nestjs/common';
import { type Agent, ListAgents, listAgents, type Page, Problem, ReadAgent, readAgent } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { AgentStore, withKeys } from '../store/agent.store.js';
import { KeyStore } from '../store/key.store.js';

@Controller()
export class ReadAgentRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly agents: AgentStore,
    private readonly keys: KeyStore,
  ) {}

  @Rpc(readAgent)
  async read({ agentId }: ReadAgent): Promise<Agent> {
    const agent = await this.agents.find(this.work, agentId);
    if (!agent) throw new Problem('not_found');
    const keys = await this.keys.ofAgents(this.work, [agentId]);
    return withKeys(agent, keys.get(agentId) ?? []);
  }

  @Rpc(listAgents)
  async list(request: ListAgents): Promise<Page<Agent>> {
    const keyset = keysetOf(request);
    const rows = await this.agents.list(this.work, request.environmentId, keyset);
    const keys = await this.keys.ofAgents(
      this.work,
      rows.map(({ id }) => id),
    );
    return pageOf(rows, keyset.limit, (row) => ({ key: row.id, item: withKeys(row, keys.get(row.id) ?? []) }));
  }
}
