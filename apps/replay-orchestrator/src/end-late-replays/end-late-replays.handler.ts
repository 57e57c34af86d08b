import { Injectable, Logger } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { advanceEach } from '../advance-replays/advance-each.js';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import { ReplayStore } from '../store/replay.store.js';

const BATCH = 100;

@Injectable()
export class EndLateReplaysHandler {
  private readonly logger = new Logger('EndLateReplays');

  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly advance: AdvanceReplaysHandler,
    private readonly clock: Clock,
  ) {}

  /** What was not started in time expires, or is withdrawn from the runner, which decides then. */
  async end(): Promise<number> {
    const at = this.clock.now().toISOString();
    const actor = { kind: 'service' as const, id: 'replay-orchestrator' };
    const ids = await this.replays.lateIds(this.work, at, BATCH);
    const late = ids.map((replayId) => ({
      replayId,
      message: { type: 'deadline' as const, at },
      context: { actor, correlationId: replayId },
    }));
    const { failed } = await advanceEach(this.work, this.advance, late);
    for (const { happening, error } of failed) this.logger.error(`${happening.replayId} cannot be ended now: ${String(error)}`);
    return ids.length - failed.length;
  }
}
