import { Injectable } from '@nestjs/common';
import { type CallContext, type Environment, environmentArchived, Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';

@Injectable()
export class ArchiveEnvironmentHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly outbox: Outbox,
  ) {}

  execute(environmentId: string, context: CallContext): Promise<Environment> {
    return this.work.run(async (tx) => {
      const found = await this.environments.lock(tx, environmentId);
      if (!found) throw new Problem('not_found');
      if (found.environment.state === 'archived') return found.environment;
      const { environment, version } = await this.environments.archive(tx, environmentId);
      const { id, slug, name, tier, orgId, projectId } = environment;
      await this.outbox.add(tx, context, [
        {
          contract: environmentArchived,
          data: { id, slug, name, tier },
          orgId,
          projectId,
          environmentId,
          aggregate: { id, version },
        },
      ]);
      return environment;
    });
  }
}
