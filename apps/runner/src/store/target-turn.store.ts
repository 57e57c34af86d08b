import { Injectable } from '@nestjs/common';
import type { TargetLimits } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { type TargetUse, waitForRoom } from '../domain/target-room.js';

/** Without a sign of life for so long, who waits is taken for gone. */
const WAITER_LAPSES_MS = 2_000;

interface Row {
  now: Date;
  /** Null, as what follows, in the one row of a target at which nobody is. */
  turn_id: string | null;
  state: 'waiting' | 'under_way' | 'over';
  begun_at: Date | null;
}

/** Turns at targets, over all processes. Times are the database's. */
@Injectable()
export class TargetTurnStore {
  constructor(private readonly work: UnitOfWork) {}

  /**
   * Takes the turn, or a place in the line. 0 when it was taken, which lapses by itself after `lapseMs`; else after how many milliseconds
   * there may be room, Infinity when only the end of another makes it.
   */
  async ask(targetId: string, limits: TargetLimits, turnId: string, lapseMs: number): Promise<number> {
    return this.work.run(async (tx) => {
      const [, , rows] = await Promise.all([
        tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`runner.target_turn ${targetId}`]),
        tx.query('delete from runner.target_turn where target_id = $1 and lapses_at <= clock_timestamp()', [targetId]),
        tx.query<Row>(
          `select clock.now, turn_id, state, begun_at from (select clock_timestamp() as now) clock
           left join runner.target_turn on target_id = $1 order by asked`,
          [targetId],
        ),
      ]);
      const wait = waitForRoom(limits, useOf(rows, turnId), rows[0].now.getTime());
      await tx.query(
        `insert into runner.target_turn (target_id, turn_id, state, begun_at, lapses_at)
         values ($1, $2, $3::text, case when $3 = 'under_way' then clock_timestamp() end, clock_timestamp() + $4 * interval '1 millisecond')
         on conflict (turn_id) do update set state = excluded.state, begun_at = excluded.begun_at, lapses_at = excluded.lapses_at`,
        [targetId, turnId, ...(wait === 0 ? ['under_way', lapseMs] : ['waiting', WAITER_LAPSES_MS])],
      );
      return wait;
    });
  }

  /** It is over, and its begin counts for the rest of its second. */
  async end(turnId: string): Promise<void> {
    await this.work.query(
      `update runner.target_turn set state = 'over', lapses_at = begun_at + interval '1 second' where turn_id = $1`,
      [turnId],
    );
  }

  /** Leaves the line. */
  async leave(turnId: string): Promise<void> {
    await this.work.query('delete from runner.target_turn where turn_id = $1', [turnId]);
  }
}

function useOf(rows: Row[], turnId: string): TargetUse {
  const own = rows.findIndex(({ turn_id }) => turn_id === turnId);
  const earlier = own === -1 ? rows : rows.slice(0, own);
  return {
    underWay: rows.filter(({ state }) => state === 'under_way').length,
    begins: rows.flatMap(({ begun_at }) => (begun_at ? [begun_at.getTime()] : [])),
    ahead: earlier.filter(({ state }) => state === 'waiting').length,
  };
}
