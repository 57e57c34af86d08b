import { Injectable } from '@nestjs/common';
import { agentEnrolled, type CallContext, type EnrolAgent, type EnrolledAgent, newId, Problem, sha256 } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { agentNameBase, freeAgentName } from '../domain/agent-name.js';
import { judgeEnrolment } from '../domain/enrolment.js';
import { KeyIssuer } from '../issue-key/key-issuer.js';
import { AgentStore, type StoredAgent } from '../store/agent.store.js';
import { EnrolmentStore, type StoredEnrolment } from '../store/enrolment.store.js';
import { EnvironmentStore } from '../store/environment.store.js';

@Injectable()
export class EnrolAgentHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly enrolments: EnrolmentStore,
    private readonly environments: EnvironmentStore,
    private readonly agents: AgentStore,
    private readonly issuer: KeyIssuer,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(request: EnrolAgent, context: CallContext): Promise<EnrolledAgent> {
    const { environmentId, tokenHash, nonce } = request;
    const nonceHash = nonce === undefined ? undefined : sha256(nonce);
    return this.work.run(async (tx) => {
      const enrolment = await this.enrolments.lockBySecret(tx, tokenHash);
      const { again } = judgeEnrolment(enrolment, { environmentId, nonceHash }, this.clock.now());
      const agent = again
        ? await this.agentOf(tx, again)
        : await this.enrol(tx, enrolment as StoredEnrolment, request, nonceHash, context);
      const { apiKey } = await this.issuer.issue(tx, agent, by(agent, context));
      const artifactLimits = (await this.environments.find(tx, environmentId))?.environment.artifactLimits;
      return { agentId: agent.id, apiKey, environmentId, ...(artifactLimits && { artifactLimits }) };
    });
  }

  private async agentOf(tx: Transaction, id: string): Promise<StoredAgent> {
    const agent = (await this.agents.lock(tx, id)) as StoredAgent;
    if (agent.state === 'disabled') throw new Problem('agent_disabled');
    return agent;
  }

  private async enrol(
    tx: Transaction,
    enrolment: StoredEnrolment,
    { environmentId, name, labels = {} }: EnrolAgent,
    nonceHash: string | undefined,
    context: CallContext,
  ): Promise<StoredAgent> {
    // The lock also keeps two agents from taking one name.
    const found = await this.environments.lock(tx, environmentId);
    if (found?.environment.state !== 'active') throw new Problem('environment_archived');
    const { orgId, projectId } = found.environment;
    const base = agentNameBase(name, labels);
    const taken = await this.agents.namesLike(tx, environmentId, base.slice(0, 190));
    const createdAt = this.clock.now();
    const agent = await this.agents.insert(tx, {
      id: newId('agent'),
      scope: { orgId, projectId, environmentId },
      name: freeAgentName(base, taken),
      labels,
      createdAt,
    });
    await this.enrolments.use(tx, enrolment.id, agent.id, nonceHash, createdAt);
    await this.outbox.add(tx, by(agent, context), [
      {
        contract: agentEnrolled,
        data: { agentId: agent.id, name: agent.name, state: agent.state },
        orgId,
        projectId,
        environmentId,
        aggregate: { id: agent.id, version: agent.version },
      },
    ]);
    return agent;
  }
}

/** It is the agent that enrols; before this call nobody knew its id. */
function by(agent: StoredAgent, context: CallContext): CallContext {
  return { ...context, actor: { kind: 'agent', id: agent.id, name: agent.name } };
}
