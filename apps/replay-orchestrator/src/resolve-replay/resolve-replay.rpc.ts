import { Controller } from '@nestjs/common';
import { type CallContext, Problem, type Replay, type ResolveReplay, resolveReplay } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import { toReplay } from '../domain/to-replay.js';
import { ReplayStore } from '../store/replay.store.js';

@Controller()
export class ResolveReplayRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly handler: AdvanceReplaysHandler,
    private readonly clock: Clock,
  ) {}

  /** A person says what became of it; said once. */
  @Rpc(resolveReplay)
  resolve({ replayId, outcome, reason }: ResolveReplay, context: CallContext): Promise<Replay> {
    return this.work.run(async (tx) => {
      const before = (await this.replays.lock(tx, [replayId])).get(replayId);
      if (!before) throw new Problem('not_found');
      const { state, resolution: known } = before.record;
      if (state !== 'indeterminate' || known) {
        throw new Problem('replay_not_indeterminate', {
          members: { state, allowed: ['indeterminate'], ...(known && { resolution: { ...known } }) },
          detail: known
            ? `It was resolved already, as ${known.outcome}, by ${known.by.name ?? known.by.id}`
            : `It is ${state}: only what became of an indeterminate one is to be said`,
        });
      }
      const at = this.clock.now().toISOString();
      const resolution = { outcome, reason, by: { ...context.actor }, at };
      const after = await this.handler.advance(tx, [{ replayId, message: { type: 'resolve', at, resolution }, context }]);
      const { record, progress } = after.get(replayId) ?? before;
      return toReplay(record, progress);
    });
  }
}
