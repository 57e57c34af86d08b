import { Controller } from '@nestjs/common';
import {
  bareActor,
  type CallContext,
  type CancelReplay,
  cancelReplay,
  FAILURES,
  Problem,
  type Replay,
  REPLAY_STATES,
  TERMINAL_STATES,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import type { ReplayRecord } from '../domain/replay.js';
import { toReplay } from '../domain/to-replay.js';
import { ReplayStore } from '../store/replay.store.js';
import { SwitchStore } from '../store/switch.store.js';

const ALLOWED = REPLAY_STATES.filter((state) => !TERMINAL_STATES.includes(state));

@Controller()
export class CancelReplayRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly switches: SwitchStore,
    private readonly handler: AdvanceReplaysHandler,
    private readonly clock: Clock,
  ) {}

  /** Before the command is out it ends at once; afterwards the runner is asked, and its answer ends it. */
  @Rpc(cancelReplay)
  cancel({ replayId, reason }: CancelReplay, context: CallContext): Promise<Replay> {
    return this.work.run(async (tx) => {
      const before = (await this.replays.lock(tx, [replayId])).get(replayId);
      if (!before) throw new Problem('not_found');
      const { state } = before.record;
      if (TERMINAL_STATES.includes(state)) throw ended(before.record);
      const at = this.clock.now().toISOString();
      const by = bareActor(context.actor);
      const message = { type: 'cancel' as const, at, by, ...(reason !== undefined && { reason }) };
      const after = (await this.handler.advance(tx, [{ replayId, message, context }])).get(replayId) ?? before;
      const pauses = await this.switches.pausesOf(tx, [after.record]);
      return toReplay(after.record, after.progress, pauses.get(after.record.environmentId));
    });
  }
}

/** One that is indeterminate still waits for somebody, though not for a cancel. */
function ended({ state, resolution }: ReplayRecord): Problem {
  const open = state === 'indeterminate' && !resolution;
  return new Problem('replay_ended', {
    detail: `It has ended (${state}), so there is nothing left to stop`,
    members: { state, allowed: ALLOWED },
    ...(open && { remedy: `${FAILURES.action_indeterminate.remedy}.` }),
  });
}
