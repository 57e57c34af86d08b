import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type CreateEnvironment,
  type Environment,
  environmentCreated,
  newId,
  Problem,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { defaultPosture } from '@reenact/posture';
import { Clock } from '@reenact/service-kit';
import { ArtifactLimiter } from '../limit-artifacts/artifact-limiter.js';
import { EnvironmentStore } from '../store/environment.store.js';
import { ProjectStore } from '../store/project.store.js';

@Injectable()
export class CreateEnvironmentHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly projects: ProjectStore,
    private readonly environments: EnvironmentStore,
    private readonly limiter: ArtifactLimiter,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(request: CreateEnvironment, context: CallContext): Promise<Environment> {
    const { idempotency: claim } = request;
    return this.work.run((tx) => {
      const create = () => this.create(tx, request, context);
      return claim ? this.idempotency.once(tx, claim, create) : create();
    });
  }

  private async create(tx: Transaction, request: CreateEnvironment, context: CallContext): Promise<Environment> {
    const { projectId, slug, name, tier, artifactLimits } = request;
    const project = await this.projects.find(tx, projectId);
    if (!project) throw new Problem('not_found');
    const { orgId } = project;
    const id = newId('environment');
    const createdAt = this.clock.now().toISOString();
    const environment = await this.environments.insert(
      tx,
      { id, orgId, projectId, slug, name, tier, postureRevision: 1, state: 'active', createdAt },
      defaultPosture(tier),
    );
    if (!environment) throw new Problem('slug_taken', { members: { slug } });
    const place = { orgId, projectId, environmentId: id };
    await this.outbox.add(tx, context, [
      { contract: environmentCreated, data: { id, slug, name, tier }, ...place, aggregate: { id, version: 1 } },
    ]);
    return artifactLimits ? this.limiter.limit(tx, environment, artifactLimits, context) : environment;
  }
}
