import { Injectable } from '@nestjs/common';
import type { ReadReplayFacts, ReplayFacts } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { AgentStore } from '../store/agent.store.js';
import { EnvironmentStore } from '../store/environment.store.js';
import { TargetStore } from '../store/target.store.js';
import { VersionStore } from '../store/version.store.js';

const NOTHING: ReplayFacts = {
  environment: null,
  agentState: null,
  posture: null,
  recordedVersion: null,
  otherVersion: null,
  targets: [],
};

@Injectable()
export class ReadReplayFactsHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly agents: AgentStore,
    private readonly versions: VersionStore,
    private readonly targets: TargetStore,
  ) {}

  /** One view of the catalogue: a posture and the targets beside it never come from before and after a change. */
  execute(request: ReadReplayFacts): Promise<ReplayFacts> {
    return this.work.run(async (tx) => {
      await tx.query('set transaction isolation level repeatable read, read only');
      const { environmentId, agentId, specHash, versionId } = request;
      const found = await this.environments.find(tx, environmentId);
      if (!found) return NOTHING;
      const agent = await this.agents.find(tx, agentId);
      const { projectId } = found.environment;
      const versions = await this.versions.named(tx, projectId, specHash, versionId);
      const names = (request.targets ?? []).map(({ name }) => name);
      const targets = names.length === 0 ? [] : await this.targets.byName(tx, environmentId, names);
      return {
        environment: found.environment,
        agentState: agent?.environmentId === environmentId ? agent.state : null,
        posture: found.posture,
        recordedVersion: versions.find((version) => version.specHash === specHash) ?? null,
        otherVersion: versions.find((version) => version.id === versionId) ?? null,
        targets: targets.map(({ id, name, revision }) => ({ id, name, revision })),
      };
    });
  }
}
