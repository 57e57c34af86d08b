import { Injectable } from '@nestjs/common';
import { type CallContext, type CreateTarget, newId, Problem, type Target, targetCreated } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { checkTargetHeaders, checkTargetUrl, givenLimits } from '../domain/target-address.js';
import { EnvironmentStore } from '../store/environment.store.js';
import { TargetStore } from '../store/target.store.js';

@Injectable()
export class CreateTargetHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly environments: EnvironmentStore,
    private readonly targets: TargetStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(request: CreateTarget, context: CallContext): Promise<Target> {
    const { idempotency: claim } = request;
    return this.work.run((tx) => {
      const create = () => this.create(tx, request, context);
      return claim ? this.idempotency.once(tx, claim, create) : create();
    });
  }

  private async create(tx: Transaction, request: CreateTarget, context: CallContext): Promise<Target> {
    const { environmentId, name, kind, url } = request;
    const found = await this.environments.find(tx, environmentId);
    if (!found) throw new Problem('not_found');
    checkTargetUrl(kind, url);
    const headers = checkTargetHeaders(request.headers ?? {});
    if (found.environment.state === 'archived') throw new Problem('environment_archived');
    const { orgId, projectId } = found.environment;
    const id = newId('target');
    const createdAt = this.clock.now().toISOString();
    const place = { id, orgId, projectId, environmentId };
    const target = await this.targets.insert(tx, {
      ...place,
      name,
      kind,
      url,
      headers,
      ...givenLimits(request.limits),
      createdAt,
    });
    if (!target) throw new Problem('slug_taken', { detail: 'The environment has a target of this name', members: { name } });
    await this.outbox.add(tx, context, [
      {
        contract: targetCreated,
        data: { targetId: id, name, revision: 1 },
        orgId,
        projectId,
        environmentId,
        aggregate: { id, version: 1 },
      },
    ]);
    return target;
  }
}
