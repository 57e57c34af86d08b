import { Injectable } from '@nestjs/common';
import { type CallContext, canonicalJson, Problem, type Target, targetChanged, type UpdateTarget } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { checkTargetHeaders, checkTargetUrl, givenLimits } from '../domain/target-address.js';
import { TargetStore } from '../store/target.store.js';

@Injectable()
export class UpdateTargetHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly targets: TargetStore,
    private readonly outbox: Outbox,
  ) {}

  /** A target that stays as it is keeps its revision, and with it the plans that are pinned to it. */
  execute({ targetId, ifRevision, url, headers, limits }: UpdateTarget, context: CallContext): Promise<Target> {
    return this.work.run(async (tx) => {
      const before = await this.targets.lock(tx, targetId);
      if (!before) throw new Problem('not_found');
      const { revision } = before;
      if (ifRevision !== revision) throw new Problem('precondition_failed', { members: { revision } });
      if (url !== undefined) checkTargetUrl(before.kind, url);
      const { limits: known, ...rest } = before;
      const wanted: Target = {
        ...rest,
        ...givenLimits(limits ?? known),
        ...(url !== undefined && { url }),
        ...(headers !== undefined && { headers: checkTargetHeaders(headers) }),
      };
      if (canonicalJson(wanted) === canonicalJson(before)) return before;
      const after = await this.targets.update(tx, wanted);
      const { name, orgId, projectId, environmentId } = after;
      await this.outbox.add(tx, context, [
        {
          contract: targetChanged,
          data: { targetId, name, revision: after.revision },
          orgId,
          projectId,
          environmentId,
          aggregate: { id: targetId, version: after.revision },
        },
      ]);
      return after;
    });
  }
}
