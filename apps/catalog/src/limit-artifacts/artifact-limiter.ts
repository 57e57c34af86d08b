import { Injectable } from '@nestjs/common';
import { type ArtifactLimits, type CallContext, type Environment, environmentLimited } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';

/** Sets what artifacts of an environment may not pass, at its creation and later, and says so. */
@Injectable()
export class ArtifactLimiter {
  constructor(
    private readonly environments: EnvironmentStore,
    private readonly outbox: Outbox,
  ) {}

  async limit(tx: Transaction, { id }: Environment, limits: ArtifactLimits, context: CallContext): Promise<Environment> {
    const given = Object.entries(limits).filter(([, value]) => value !== undefined);
    const artifactLimits = given.length > 0 ? (Object.fromEntries(given) as ArtifactLimits) : undefined;
    const { environment, version } = await this.environments.limitArtifacts(tx, id, artifactLimits);
    const { orgId, projectId } = environment;
    await this.outbox.add(tx, context, [
      {
        contract: environmentLimited,
        data: { id, artifactLimits: artifactLimits ?? {} },
        orgId,
        projectId,
        environmentId: id,
        aggregate: { id, version },
      },
    ]);
    return environment;
  }
}
