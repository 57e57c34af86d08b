import { Injectable, Logger } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { Clock, crashPoint } from '@reenact/service-kit';
import { AdvanceReplaysHandler, type Happening } from '../advance-replays/advance-replays.handler.js';
import { evaluateChecks } from '../domain/evaluate-checks.js';
import type { ReplayRecord } from '../domain/replay.js';
import { ReplayStore } from '../store/replay.store.js';
import { type Asked, ReadFacts } from './read-facts.js';

const BATCH = 64;
/** Longer than all reads of one replay together; afterwards another orchestrator takes it up. */
const LEASE_MS = 15_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/** Takes replays up and checks them: claims rows, reads outside of any transaction, and advances all that were read in one. */
@Injectable()
export class CheckReplaysHandler {
  private readonly logger = new Logger('CheckReplays');

  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly advance: AdvanceReplaysHandler,
    private readonly facts: ReadFacts,
    private readonly clock: Clock,
  ) {}

  async check(): Promise<number> {
    const claimed = await this.takeUp();
    const asked: Asked = new Map();
    const checked = await Promise.all(claimed.map(({ record, tries }) => this.judge(record, tries, asked)));
    const happenings = checked.filter((happening) => happening !== undefined);
    crashPoint('check-replays.after-reads');
    if (happenings.length > 0) await this.work.run((tx) => this.advance.advance(tx, happenings));
    return happenings.length;
  }

  private takeUp(): Promise<{ record: ReplayRecord; tries: number }[]> {
    return this.work.run(async (tx) => {
      const now = this.clock.now();
      const until = new Date(now.getTime() + LEASE_MS).toISOString();
      const at = now.toISOString();
      const claimed = await this.replays.claimDue(tx, at, until, BATCH);
      const fresh = claimed.filter(({ record }) => record.state === 'requested');
      const happenings = fresh.map(({ record }) => happening(record, { type: 'taken_up', at }));
      const taken = await this.advance.advance(tx, happenings);
      return claimed
        .map(({ record, tries }) => ({ record: taken.get(record.id)?.record ?? record, tries }))
        .filter(({ record }) => record.state === 'checking');
    });
  }

  /** Undefined when it could not be read now: then it is tried again, until its deadline ends it. */
  private async judge(replay: ReplayRecord, tries: number, asked: Asked): Promise<Happening | undefined> {
    try {
      const readings = await this.facts.read(replay, contextOf(replay), asked);
      const { checks, codes, dispatch } = evaluateChecks(replay, readings);
      return happening(replay, {
        type: 'checked',
        at: readings.at,
        checks,
        codes,
        ...(dispatch && { dispatch }),
        slotFree: false,
      });
    } catch (error) {
      const expected = error instanceof Problem && error.code === 'try_later';
      this.logger[expected ? 'warn' : 'error'](
        `${replay.id} cannot be checked now: ${error instanceof Error ? error.message : String(error)}`,
      );
      const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LONGEST_PAUSE_MS);
      await this.replays.tryAgain(this.work, replay.id, new Date(this.clock.now().getTime() + pause).toISOString());
      return undefined;
    }
  }
}

const happening = (replay: ReplayRecord, message: Happening['message']): Happening => ({
  replayId: replay.id,
  message,
  context: contextOf(replay),
});

const contextOf = ({ id, traceparent }: ReplayRecord): CallContext => ({
  actor: { kind: 'service', id: 'replay-orchestrator' },
  correlationId: id,
  ...(traceparent !== undefined && { traceparent }),
});
