import { Injectable } from '@nestjs/common';
import { type CallContext, type Environment, type LimitArtifacts, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';
import { ArtifactLimiter } from './artifact-limiter.js';

@Injectable()
export class LimitArtifactsHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly limiter: ArtifactLimiter,
  ) {}

  execute({ environmentId, ...limits }: LimitArtifacts, context: CallContext): Promise<Environment> {
    return this.work.run(async (tx) => {
      const found = await this.environments.lock(tx, environmentId);
      if (!found) throw new Problem('not_found');
      if (found.environment.state === 'archived') throw new Problem('environment_archived');
      return this.limiter.limit(tx, found.environment, limits, context);
    });
  }
}
