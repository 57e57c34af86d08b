import { Injectable, Logger } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock, crashPoint } from '@reenact/service-kit';
import { advanceEach } from '../advance-replays/advance-each.js';
import { AdvanceReplaysHandler, type Happening } from '../advance-replays/advance-replays.handler.js';
import { evaluateChecks } from '../domain/evaluate-checks.js';
import type { ReplayRecord } from '../domain/replay.js';
import { ReplayStore, type StoredReplay } from '../store/replay.store.js';
import { type Asked, ReadFacts } from './read-facts.js';

const BATCH = 64;
/** Longer than all reads of one replay together; afterwards another orchestrator takes it up. */
const LEASE_MS = 15_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

interface Claimed {
  record: ReplayRecord;
  tries: number;
}

/** Takes replays up and checks them: claims rows, reads outside of any transaction, and advances all that were read together. */
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
    const checked = await Promise.all(claimed.map((one) => this.judge(one, asked)));
    const happenings = checked.filter((happening) => happening !== undefined);
    crashPoint('check-replays.after-reads');
    const { failed } = await advanceEach(this.work, this.advance, happenings);
    await this.putOff(failed, claimed);
    return happenings.length;
  }

  private async takeUp(): Promise<Claimed[]> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + LEASE_MS).toISOString();
    const at = now.toISOString();
    const claim = (tx: Transaction) => this.replays.claimDue(tx, at, until, BATCH);
    const freshOf = (claimed: Claimed[]) =>
      claimed
        .filter(({ record }) => record.state === 'requested')
        .map(({ record }) => happening(record, { type: 'taken_up', at }));
    const together = this.work.run(async (tx) => {
      const claimed = await claim(tx);
      return takenUp(claimed, await this.advance.advance(tx, freshOf(claimed)));
    });
    return together.catch(async () => {
      const claimed = await this.work.run(claim);
      const { replays, failed } = await advanceEach(this.work, this.advance, freshOf(claimed));
      await this.putOff(failed, claimed);
      return takenUp(claimed, replays);
    });
  }

  /** Undefined when it could not be read now. */
  private async judge({ record: replay, tries }: Claimed, asked: Asked): Promise<Happening | undefined> {
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
      await this.tryAgain(replay.id, tries, error);
      return undefined;
    }
  }

  private async putOff(failed: { happening: Happening; error: unknown }[], claimed: readonly Claimed[]): Promise<void> {
    for (const { happening, error } of failed) {
      const tries = claimed.find(({ record }) => record.id === happening.replayId)?.tries ?? 0;
      await this.tryAgain(happening.replayId, tries, error);
    }
  }

  /** After a while that grows, until its deadline ends it. */
  private async tryAgain(id: string, tries: number, error: unknown): Promise<void> {
    const expected = error instanceof Problem && error.code === 'try_later';
    this.logger[expected ? 'warn' : 'error'](
      `${id} cannot be checked now: ${error instanceof Error ? error.message : String(error)}`,
    );
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), LONGEST_PAUSE_MS);
    await this.replays.tryAgain(this.work, id, new Date(this.clock.now().getTime() + pause).toISOString());
  }
}

/** Those that are to be checked, as they are now. */
const takenUp = (claimed: Claimed[], taken: Map<string, StoredReplay>): Claimed[] =>
  claimed
    .map(({ record, tries }) => ({ record: taken.get(record.id)?.record ?? record, tries }))
    .filter(({ record }) => record.state === 'checking');

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
