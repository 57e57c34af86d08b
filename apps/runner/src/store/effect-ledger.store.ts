import { Injectable } from '@nestjs/common';
import type { ActionEnded, ExecutionState, MessageDraft } from '@reenact/contracts';
import { actionEnded } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import type { PlanAction } from '@reenact/pipeline';
import type { EffectRow } from './effect-reads.store.js';
import { LeaseLost, type RunLease } from './run-lease.js';
import { contextOf, type RunRow, scopeOf } from './run-row.js';
import { storableText } from './storable-text.js';

const MAX_ERROR = 1000;

/** How an action that was begun came to its end. */
export interface Ended {
  action: PlanAction;
  state: 'done' | 'failed' | 'indeterminate';
  status?: number;
  error?: string;
}

/** How the next action is to be begun. */
export interface Beginning {
  sendWithinMs: number;
  /** The target takes the same key twice. */
  idempotent: boolean;
}

/** What is to be done about the next action. */
export type Turn =
  | { kind: 'send' }
  /** An earlier replay has done it, and that is written down. */
  | { kind: 'skip' }
  /** Another replay is doing it at this moment. */
  | { kind: 'wait' }
  /** Another replay left it indeterminate, and nobody has resolved that. */
  | { kind: 'blocked'; byReplay: string }
  /** Somebody asked to stop before it. */
  | { kind: 'withdrawn' }
  /** The environment's switch holds it, or ends it. */
  | { kind: 'paused' }
  | { kind: 'stopped' };

const UNIQUE_VIOLATION = '23505';
const RACES = 5;

/** The effect ledger as the one who holds the run writes it. */
@Injectable()
export class EffectLedger {
  constructor(
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
  ) {}

  /** The effect that the run came to last, with the database's time. */
  async last(replayId: string): Promise<(EffectRow & { now: Date }) | undefined> {
    const [row] = await this.work.query<EffectRow & { now: Date }>(
      'select *, clock_timestamp() as now from runner.effect where replay_id = $1 order by index desc limit 1',
      [replayId],
    );
    return row;
  }

  async counts(replayId: string): Promise<Record<EffectRow['state'], number>> {
    const rows = await this.work.query<{ state: EffectRow['state']; n: number }>(
      'select state, count(*) as n from runner.effect where replay_id = $1 group by state',
      [replayId],
    );
    const none = { started: 0, done: 0, not_sent: 0, failed: 0, indeterminate: 0, already_done: 0 };
    return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
  }

  /** Writes the end of the action before, and takes the next one, in one transaction. */
  async turn(lease: RunLease, ended: Ended | undefined, next: PlanAction, beginning: Beginning): Promise<Turn> {
    for (let race = 1; ; race += 1) {
      try {
        return await lease.write((tx, row) => this.turnIn(tx, row, ended, next, beginning));
      } catch (error) {
        // Two replays took the same effect at once: the other one has it.
        if ((error as { code?: string }).code !== UNIQUE_VIOLATION || race === RACES) throw error;
      }
    }
  }

  /** What is against beginning anything further, looked at while a target has no turn. Throws LeaseLost. */
  async heldBack(lease: RunLease): Promise<'withdrawn' | 'stopped' | undefined> {
    const [row] = await this.work.query<{ withdraw: string | null; switch: ExecutionState | null }>(
      `select run.withdraw, switch.state as switch from runner.run
       left join runner.execution_switch switch on switch.environment_id = run.environment_id
       where run.replay_id = $1 and run.attempt = $2 and run.ended_at is null`,
      [lease.replayId, lease.attempt],
    );
    if (!row) throw new LeaseLost();
    if (row.withdraw !== null) return 'withdrawn';
    return row.switch === 'stopped' ? 'stopped' : undefined;
  }

  /** Writes an end alone. */
  async settle(lease: RunLease, ended: Ended): Promise<void> {
    await lease.write((tx, row) => this.end(tx, row, ended));
  }

  /** Nothing of it has left: it may be sent later, by whomever. */
  async noteNotSent(lease: RunLease, { index }: PlanAction, reason: string): Promise<void> {
    await lease.write((tx) =>
      tx.query(`update runner.effect set state = 'not_sent', error = $3 where replay_id = $1 and index = $2`, [
        lease.replayId,
        index,
        storableText(reason, MAX_ERROR),
      ]),
    );
  }

  /**
   * Ends what a run had begun that ends itself. What the target takes twice has failed: it frees its key, since sending it again is safe.
   * Of anything else nobody knows whether it arrived. Answers whether the run leaves any such action to a person.
   */
  async abandon(tx: Transaction, row: RunRow): Promise<boolean> {
    const left = await tx.query<EffectRow>(
      `update runner.effect set state = case when idempotent then 'failed' else 'indeterminate' end, ended_at = now(),
         error = 'the run ended before it was known whether it arrived'
       where replay_id = $1 and state = 'started' returning *`,
      [row.replay_id],
    );
    const facts = left.map((effect) =>
      ended(row, {
        index: effect.index,
        state: effect.state as Ended['state'],
        capability: effect.capability,
        idempotencyKey: effect.idempotency_key,
      }),
    );
    await this.outbox.add(tx, contextOf(row), facts);
    const [unknown] = await tx.query(`select 1 from runner.effect where replay_id = $1 and state = 'indeterminate' limit 1`, [
      row.replay_id,
    ]);
    return unknown !== undefined;
  }

  private async turnIn(
    tx: Transaction,
    row: RunRow,
    before: Ended | undefined,
    next: PlanAction,
    { sendWithinMs, idempotent }: Beginning,
  ): Promise<Turn> {
    if (before) await this.end(tx, row, before);
    if (row.withdraw !== null) return { kind: 'withdrawn' };
    const { index, idempotencyKey } = next;
    const [found] = await tx.query<{ replay_id: string | null; state: string | null; switch: ExecutionState | null }>(
      `select effect.replay_id, effect.state, switch.state as switch from (select $1::text as environment_id) here
       left join runner.execution_switch switch on switch.environment_id = here.environment_id
       left join runner.effect effect on effect.environment_id = here.environment_id and effect.idempotency_key = $2
         and effect.state in ('started', 'done', 'indeterminate') and effect.replay_id <> $3`,
      [row.environment_id, idempotencyKey, row.replay_id],
    );
    if (found.switch === 'paused' || found.switch === 'stopped') return { kind: found.switch };
    const holder = found.replay_id === null ? undefined : { replay_id: found.replay_id, state: found.state };
    if (holder?.state === 'started') return { kind: 'wait' };
    if (holder?.state === 'indeterminate') return { kind: 'blocked', byReplay: holder.replay_id };
    const capability = capabilityOf(next);
    const byReplay = holder?.replay_id ?? null;
    await tx.query(
      `insert into runner.effect
         (replay_id, index, environment_id, idempotency_key, capability, state, run_attempt, attempts, send_by, by_replay, idempotent, started_at,
          ended_at)
       values ($1, $2, $3, $4, $5, $6::text, $7, $8, clock_timestamp() + $9 * interval '1 millisecond', $10::text, $11,
         case when $10::text is null then now() end, case when $10::text is not null then now() end)
       on conflict (replay_id, index) do update set
         state = excluded.state, run_attempt = excluded.run_attempt, attempts = effect.attempts + excluded.attempts,
         send_by = excluded.send_by, by_replay = excluded.by_replay, idempotent = excluded.idempotent,
         ended_at = excluded.ended_at`,
      [
        row.replay_id,
        index,
        row.environment_id,
        idempotencyKey,
        capability,
        byReplay === null ? 'started' : 'already_done',
        row.attempt,
        byReplay === null ? 1 : 0,
        sendWithinMs,
        byReplay,
        idempotent,
      ],
    );
    if (byReplay === null) return { kind: 'send' };
    await this.outbox.add(tx, contextOf(row), [
      ended(row, { index, state: 'already_done', capability, idempotencyKey, byReplay }),
    ]);
    return { kind: 'skip' };
  }

  private async end(tx: Transaction, row: RunRow, { action, state, status, ...told }: Ended): Promise<void> {
    const error = told.error === undefined ? undefined : storableText(told.error, MAX_ERROR);
    // A run that gets on is not one that is taken in vain: it is given up for claims since then only.
    const [updated] = await tx.query<Pick<RunRow, 'actions_done' | 'strikes'>>(
      `with ended as (
         update runner.effect set state = $3::text, status = $4, error = $5, ended_at = now()
         where replay_id = $1 and index = $2 and state = 'started' returning 1)
       update runner.run set actions_done = actions_done + case when $3 = 'done' then 1 else 0 end,
         strikes = case when $3 = 'done' then 1 else strikes end
       where replay_id = $1 and exists (select from ended) returning actions_done, strikes`,
      [row.replay_id, action.index, state, status ?? null, error ?? null],
    );
    // Written already: the answer of that commit was lost, and it is tried again.
    if (!updated) return;
    row.actions_done = updated.actions_done;
    row.strikes = updated.strikes;
    await this.outbox.add(tx, contextOf(row), [
      ended(row, {
        index: action.index,
        state,
        capability: capabilityOf(action),
        idempotencyKey: action.idempotencyKey,
        ...(status !== undefined && { status }),
        ...(error !== undefined && { error }),
      }),
    ]);
  }
}

function capabilityOf({ kind, target }: PlanAction): string {
  return `${kind}:${target}`;
}

/** An action's end is said once, so it has one version. */
function ended(row: RunRow, fact: Omit<ActionEnded, 'replayId'>): MessageDraft<ActionEnded> {
  return {
    contract: actionEnded,
    data: { replayId: row.replay_id, ...fact },
    ...scopeOf(row),
    aggregate: { id: `${row.replay_id}/${fact.index}`, version: 1 },
  };
}
