import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type DecidePostureChange,
  type PostureChange,
  postureChangeDecided,
  Problem,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { PostureSetter } from '../change-posture/posture-setter.js';
import { judgeDecision } from '../domain/posture-change.js';
import { EnvironmentStore } from '../store/environment.store.js';
import { PostureChangeStore } from '../store/posture-change.store.js';

@Injectable()
export class DecidePostureChangeHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly changes: PostureChangeStore,
    private readonly setter: PostureSetter,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute({ environmentId, changeId, decision }: DecidePostureChange, context: CallContext): Promise<PostureChange> {
    const { kind, id: by } = context.actor;
    return this.work.run(async (tx) => {
      // Decisions and changes wait for the same row, so the revision holds until the commit.
      const found = await this.environments.lock(tx, environmentId);
      const change = found && (await this.changes.find(tx, environmentId, changeId));
      if (!change) throw new Problem('not_found');
      const state = judgeDecision(change, { by, word: decision }, found.posture.revision);
      if (state === 'confirmed' && found.environment.state === 'archived') throw new Problem('environment_archived');
      const decided = await this.changes.decide(tx, changeId, state, { kind, id: by }, this.clock.now());
      const { orgId, projectId } = found.environment;
      const { baseRevision, posture } = change;
      await this.outbox.add(tx, context, [
        {
          contract: postureChangeDecided,
          data: { changeId, state, baseRevision, posture },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: changeId, version: 2 },
        },
      ]);
      if (state === 'confirmed') await this.setter.set(tx, found, posture, context);
      return decided;
    });
  }
}
