import { Injectable } from '@nestjs/common';
import { type CallContext, type PipelineVersion, Problem, versionRetired } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { VersionStore } from '../store/version.store.js';

@Injectable()
export class RetireVersionHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly versions: VersionStore,
    private readonly outbox: Outbox,
  ) {}

  execute(versionId: string, context: CallContext): Promise<PipelineVersion> {
    return this.work.run(async (tx) => {
      const stored = await this.versions.lock(tx, versionId);
      if (!stored) throw new Problem('not_found');
      if (stored.version.state === 'retired') return stored.version;
      const { version, aggregateVersion } = await this.versions.setState(tx, versionId, 'retired');
      const { pipeline, specHash, orgId, projectId } = version;
      await this.outbox.add(tx, context, [
        {
          contract: versionRetired,
          data: { versionId, pipeline, specHash },
          orgId,
          projectId,
          aggregate: { id: versionId, version: aggregateVersion },
        },
      ]);
      return version;
    });
  }
}
