import { Injectable } from '@nestjs/common';
import { type ReplayMode, RUN_TRANSITIONS } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { contextOf, type RunRow, runFact } from './run-row.js';

/** Takes runs that nobody works on, each with a new attempt, so that whoever held it before can write no more. */
@Injectable()
export class RunClaims {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  /**
   * The runs that have waited longest, so many at most. One whose environment is paused is left alone, unless it was withdrawn or its
   * start-by has passed: then somebody has to end it.
   */
  async take(mode: ReplayMode, leaseMs: number, most: number): Promise<RunRow[]> {
    const claims = RUN_TRANSITIONS[mode].filter(({ on }) => on === 'claim');
    return this.work.run(async (tx) => {
      const due = await tx.query<{ replay_id: string; state: string }>(
        `select replay_id, state from runner.run where mode = $1 and due_at <= now()
           and not (mode = 'execute' and withdraw is null
             and environment_id in (select environment_id from runner.execution_switch where state = 'paused')
             and (state = 'running' or now() < start_by))
         order by due_at limit $2 for update skip locked`,
        [mode, most],
      );
      if (due.length === 0) return [];
      const taken = due.map(({ replay_id, state }) => {
        const claim = claims.find(({ from }) => from === state);
        if (!claim) throw new Error(`run ${replay_id} is due and ${state}`);
        return { replay_id, claim };
      });
      const rows = await tx.query<RunRow>(
        `update runner.run r set attempt = r.attempt + 1, strikes = r.strikes + 1, state = x.state,
           due_at = now() + $3 * interval '1 millisecond', version = r.version + 1,
           started_at = case when x.state = 'running' then coalesce(r.started_at, now()) else r.started_at end
         from unnest($1::text[], $2::text[]) as x(replay_id, state) where r.replay_id = x.replay_id returning r.*`,
        [taken.map(({ replay_id }) => replay_id), taken.map(({ claim }) => claim.to), leaseMs],
      );
      const facts = new Map(taken.map(({ replay_id, claim }) => [replay_id, claim.fact]));
      const sayings = rows.flatMap((row) => {
        const fact = facts.get(row.replay_id);
        return fact ? [{ context: contextOf(row), drafts: [runFact(row, fact)] }] : [];
      });
      await this.outbox.addAll(tx, sayings);
      return rows;
    });
  }
}
