import { type PlanHeader, type PostureRecord, RUN_ENDS, type RunTransition, type RunTrigger } from '@reenact/contracts';
import type { Outbox } from '@reenact/messaging';
import type { Transaction, UnitOfWork } from '@reenact/persistence';
import { sourcesOf, transition } from '../domain/run.machine.js';
import { contextOf, type RunRow, runFact } from './run-row.js';
import { storableText } from './storable-text.js';

const MAX_DETAIL = 2000;

/** Somebody else has the run now, or it was ended from outside: the holder stops where it is. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface RunEnd {
  codes?: string[];
  detail?: string;
  /** Nobody stands by the command: another one may take its place. */
  unconfirmed?: boolean;
}

/** A claimed run. Every write says `where attempt = mine`, so that a holder who was taken over changes nothing. */
export class RunLease {
  private renewed = performance.now();
  private told = performance.now();
  private reached = JSON.stringify([{}, 0]);

  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    /** As it was last read or written. */
    public row: RunRow,
    private readonly leaseMs: number,
  ) {}

  get replayId(): string {
    return this.row.replay_id;
  }

  get attempt(): number {
    return this.row.attempt;
  }

  /**
   * A transaction that holds the row, shared with those of other runs; throws LeaseLost when it is no longer ours. The work may be done
   * a second time.
   */
  async write<T>(work: (tx: Transaction, row: RunRow) => Promise<T>): Promise<T> {
    const held = await this.work.together(this.replayId, async (tx) => {
      const [row] = await tx.query<RunRow>('select * from runner.run where replay_id = $1 and attempt = $2 for update', [
        this.replayId,
        this.attempt,
      ]);
      // Nothing was written, so that those who share the transaction need not do their work again.
      if (!row || row.ended_at !== null) return undefined;
      this.row = row;
      return { answer: await work(tx, row) };
    });
    if (!held) throw new LeaseLost();
    return held.answer;
  }

  /** Takes a transition of the table; LeaseLost when the row is not in a state that it leaves. */
  async move(on: RunTrigger, end: RunEnd = {}): Promise<void> {
    const rule = this.rule(on);
    this.keep(await this.work.together(this.replayId, (tx) => this.follow(tx, rule, end)));
  }

  /** As `move`, in a transaction of `write`. */
  async moveIn(tx: Transaction, on: RunTrigger, end: RunEnd = {}): Promise<void> {
    this.keep(await this.follow(tx, this.rule(on), end));
  }

  /**
   * The start is one row: one conditional update decides it against start-by (the database's clock) and withdraw. False when start-by has
   * passed; a withdraw has ended the row already, so that this throws LeaseLost.
   */
  async begin(startBy: string): Promise<boolean> {
    const { begun, ours } = await this.work.together(this.replayId, async (tx) => {
      const [row] = await tx.query<RunRow>(
        `update runner.run set state = 'starting', version = version + 1
         where replay_id = $1 and attempt = $2 and state = any($3) and withdraw is null and clock_timestamp() < $4::timestamptz returning *`,
        [this.replayId, this.attempt, sourcesOf('execute', 'begin'), new Date(startBy)],
      );
      if (row) return { begun: row, ours: true };
      const found = await tx.query('select 1 from runner.run where replay_id = $1 and attempt = $2 and ended_at is null', [
        this.replayId,
        this.attempt,
      ]);
      return { begun: undefined, ours: found.length > 0 };
    });
    if (!ours) throw new LeaseLost();
    if (begun) this.row = begun;
    return begun !== undefined;
  }

  /** The plan that was made, and the posture that it was made under. */
  async keepPlan(posture: PostureRecord, header: PlanHeader, planDigest: string, records: number): Promise<void> {
    await this.update('posture = $3, plan_digest = $4, header = $5, records = $6, records_total = $6, actions_total = $7', [
      JSON.stringify(posture),
      planDigest,
      JSON.stringify(header),
      records,
      header.actions,
    ]);
  }

  /**
   * Holds on to the run, and says about once a second how far it is, where an execute has moved. Cheap when called often. A dry run looks
   * for a withdraw by the way; an execute does so before each action.
   */
  async renew(progress: { records?: number; recordsTotal?: number } = {}): Promise<void> {
    const now = performance.now();
    const reached = JSON.stringify([progress, this.row.actions_done]);
    const tell = now - this.told >= 1_000 && (this.row.mode === 'dry_run' || reached !== this.reached);
    if (!tell && now - this.renewed < this.leaseMs / 3) return;
    this.renewed = now;
    if (tell) this.told = now;
    if (tell) this.reached = reached;
    await this.write(async (tx) => {
      const [row] = await tx.query<RunRow>(
        `update runner.run set due_at = now() + $2 * interval '1 millisecond', records = coalesce($3, records),
           records_total = coalesce($4, records_total), version = version + 1
         where replay_id = $1 returning *`,
        [this.replayId, this.leaseMs, progress.records ?? null, progress.recordsTotal ?? null],
      );
      this.row = row;
      if (tell && row.state === 'running') await this.outbox.add(tx, contextOf(row), [runFact(row, 'progressed')]);
    });
  }

  /** Gives the run back, to be taken after a while; `blameless` does not count towards giving it up. */
  async release(afterMs: number, options: { blameless: boolean }): Promise<void> {
    await this.update(`due_at = now() + $3 * interval '1 millisecond', strikes = greatest(strikes - $4, 0)`, [
      afterMs,
      options.blameless ? 1 : 0,
    ]);
  }

  /** Sets columns of the row while it is ours; parameters begin at `$3`. Throws LeaseLost. */
  private async update(columns: string, params: unknown[]): Promise<void> {
    const [row] = await this.work.together(this.replayId, (tx) =>
      tx.query<RunRow>(
        `update runner.run set ${columns} where replay_id = $1 and attempt = $2 and ended_at is null returning *`,
        [this.replayId, this.attempt, ...params],
      ),
    );
    this.keep(row);
  }

  private rule(on: RunTrigger): RunTransition {
    const rule = transition(this.row.mode, this.row.state, on);
    if (!rule) throw new LeaseLost();
    return rule;
  }

  /** The row in its new state, its fact said; undefined when it is no longer ours, or in another state than it was known to be in. */
  private async follow(tx: Transaction, { from, to, fact }: RunTransition, end: RunEnd): Promise<RunRow | undefined> {
    const [row] = await tx.query<RunRow>(
      `update runner.run set state = $4, version = version + 1, codes = $6, detail = $7, unconfirmed = $8,
         due_at = case when $5 then null else due_at end, ended_at = case when $5 then now() else null end,
         started_at = case when $4 = 'running' then coalesce(started_at, now()) else started_at end
       where replay_id = $1 and attempt = $2 and state = $3 and ended_at is null returning *`,
      [
        this.replayId,
        this.attempt,
        from,
        to,
        RUN_ENDS.includes(to),
        end.codes ?? null,
        end.detail === undefined ? null : storableText(end.detail, MAX_DETAIL),
        end.unconfirmed ?? false,
      ],
    );
    if (row && fact) await this.outbox.add(tx, contextOf(row), [runFact(row, fact)]);
    return row;
  }

  private keep(row: RunRow | undefined): void {
    if (!row) throw new LeaseLost();
    this.row = row;
  }
}
