import { Injectable } from '@nestjs/common';
import { type CallContext, type Posture, type PostureRecord, postureChanged } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { EnvironmentStore, type GovernedEnvironment } from '../store/environment.store.js';

/** Puts a posture into force and says so, for a change at once and for one that was confirmed. The environment's row is locked by the caller. */
@Injectable()
export class PostureSetter {
  constructor(
    private readonly environments: EnvironmentStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async set(
    tx: Transaction,
    { environment, posture: before }: GovernedEnvironment,
    after: Posture,
    context: CallContext,
  ): Promise<PostureRecord> {
    const { id, orgId, projectId } = environment;
    const record = await this.environments.setPosture(tx, id, after, this.clock.now());
    await this.outbox.add(tx, context, [
      {
        contract: postureChanged,
        data: { revision: record.revision, before: before.posture, after },
        orgId,
        projectId,
        environmentId: id,
        aggregate: { id, version: record.revision },
      },
    ]);
    return record;
  }
}
