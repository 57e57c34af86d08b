import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import { ReplayStore } from '../store/replay.store.js';

const BATCH = 100;

@Injectable()
export class EndLateReplaysHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly advance: AdvanceReplaysHandler,
    private readonly clock: Clock,
  ) {}

  /** What was not started in time expires, or is withdrawn from the runner, which decides then. */
  end(): Promise<number> {
    return this.work.run(async (tx) => {
      const at = this.clock.now().toISOString();
      const ids = await this.replays.lateIds(tx, at, BATCH);
      const actor = { kind: 'service' as const, id: 'replay-orchestrator' };
      await this.advance.advance(
        tx,
        ids.map((replayId) => ({ replayId, message: { type: 'deadline', at }, context: { actor, correlationId: replayId } })),
      );
      return ids.length;
    });
  }
}
