import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type ChangedPosture,
  type ChangePosture,
  newId,
  type Posture,
  postureChangeRequested,
  Problem,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { decodePosture } from '@reenact/posture';
import { Clock } from '@reenact/service-kit';
import { judgeChange } from '../domain/posture-change.js';
import { EnvironmentStore, type GovernedEnvironment } from '../store/environment.store.js';
import { PostureChangeStore } from '../store/posture-change.store.js';
import { PostureSetter } from './posture-setter.js';

@Injectable()
export class ChangePostureHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly changes: PostureChangeStore,
    private readonly setter: PostureSetter,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute({ environmentId, ifRevision, posture }: ChangePosture, context: CallContext): Promise<ChangedPosture> {
    return this.work.run(async (tx) => {
      const found = await this.environments.lock(tx, environmentId);
      if (!found) throw new Problem('not_found');
      const { revision } = found.posture;
      if (ifRevision !== revision) throw new Problem('precondition_failed', { members: { revision } });
      const after = decodePosture(posture);
      if (found.environment.state === 'archived') throw new Problem('environment_archived');
      const verdict = judgeChange(found.posture.posture, after, this.clock.now());
      if (verdict === 'unchanged') return { ...found.posture, state: 'unchanged' };
      if (verdict === 'applied') return { ...(await this.setter.set(tx, found, after, context)), state: 'applied' };
      return { ...found.posture, state: 'pending', changeId: await this.request(tx, found, after, context) };
    });
  }

  /** The same wish by the same person waits once. */
  private async request(
    tx: Transaction,
    { environment }: GovernedEnvironment,
    posture: Posture,
    context: CallContext,
  ): Promise<string> {
    const { id: environmentId, orgId, projectId, postureRevision: baseRevision } = environment;
    const { kind, id: actorId } = context.actor;
    const wish = { environmentId, baseRevision, posture, requestedBy: { kind, id: actorId } };
    const waiting = await this.changes.findPending(tx, wish);
    if (waiting) return waiting.id;
    const changeId = newId('postureChange');
    await this.changes.insert(tx, { id: changeId, ...wish, createdAt: this.clock.now().toISOString() });
    await this.outbox.add(tx, context, [
      {
        contract: postureChangeRequested,
        data: { changeId, state: 'pending', baseRevision, posture },
        orgId,
        projectId,
        environmentId,
        aggregate: { id: changeId, version: 1 },
      },
    ]);
    return changeId;
  }
}
