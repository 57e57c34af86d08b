import { Injectable } from '@nestjs/common';
import type { Actor } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';

/** A row of `runner.effect`: what became of one action of a run. */
export interface EffectRow {
  replay_id: string;
  index: number;
  environment_id: string;
  idempotency_key: string;
  capability: string;
  state: 'started' | 'done' | 'not_sent' | 'failed' | 'indeterminate' | 'already_done';
  run_attempt: number;
  attempts: number;
  idempotent: boolean;
  send_by: Date | null;
  status: number | null;
  error: string | null;
  by_replay: string | null;
  /** Who said what became of it, where that was not known. */
  resolved_by: Actor | null;
  started_at: Date | null;
  ended_at: Date | null;
}

/** The effect ledger as readers see it. */
@Injectable()
export class EffectReads {
  constructor(private readonly work: UnitOfWork) {}

  /** By index, of the indexes from `start` up to and without `end`. */
  async range(replayId: string, start: number, end: number): Promise<Map<number, EffectRow>> {
    const rows = await this.work.query<EffectRow>(
      'select * from runner.effect where replay_id = $1 and index >= $2 and index < $3',
      [replayId, start, end],
    );
    return new Map(rows.map((row) => [row.index, row]));
  }

  /** Whether any replay in an environment has begun or done anything. */
  async hasAny(environmentId: string): Promise<boolean> {
    const [row] = await this.work.query<object>(
      `select 1 from runner.effect where environment_id = $1 and state in ('started', 'done', 'indeterminate') limit 1`,
      [environmentId],
    );
    return row !== undefined;
  }

  /** How many of these effects replays in an environment have done. */
  async countDone(environmentId: string, idempotencyKeys: readonly string[]): Promise<number> {
    const [row] = await this.work.query<{ n: string | number }>(
      `select count(*) as n from runner.effect where environment_id = $1 and idempotency_key = any($2) and state = 'done'`,
      [environmentId, idempotencyKeys],
    );
    return Number(row.n);
  }
}
