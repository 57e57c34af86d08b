import { Injectable } from '@nestjs/common';
import type { ReplayMode } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { TRANSITIONS } from '../domain/run.machine.js';
import { contextOf, type RunRow, runFact } from './run-row.js';

/** Takes runs that nobody works on, each with a new attempt, so that whoever held it before can write no more. */
@Injectable()
export class RunClaims {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  /** The run that has waited longest, or undefined when none is due. */
  async next(mode: ReplayMode, leaseMs: number): Promise<RunRow | undefined> {
    const claims = TRANSITIONS[mode].filter(({ on }) => on === 'claim');
    return this.work.run(async (tx) => {
      const [due] = await tx.query<{ replay_id: string; state: string }>(
        `select replay_id, state from runner.run where mode = $1 and due_at <= now()
         order by due_at limit 1 for update skip locked`,
        [mode],
      );
      if (!due) return undefined;
      const claim = claims.find(({ from }) => from === due.state);
      if (!claim) throw new Error(`run ${due.replay_id} is due and ${due.state}`);
      const [row] = await tx.query<RunRow>(
        `update runner.run set attempt = attempt + 1, strikes = strikes + 1, state = $2, due_at = now() + $3 * interval '1 millisecond',
           version = version + 1, started_at = case when $2 = 'running' then coalesce(started_at, now()) else started_at end
         where replay_id = $1 returning *`,
        [due.replay_id, claim.to, leaseMs],
      );
      if (claim.fact) await this.outbox.add(tx, contextOf(row), [runFact(row, claim.fact)]);
      return row;
    });
  }
}
