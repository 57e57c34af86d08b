import { Injectable } from '@nestjs/common';
import type { DryRun, Envelope, Execute, ReplayMode, Scope, Withdraw } from '@reenact/contracts';
import { canonicalSha256 } from '@reenact/contracts';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import type { RunRow } from './run-row.js';

/** The rows of `runner.run` as commands and readers see them; those who hold a run go through `RunLease`. */
@Injectable()
export class RunStore {
  constructor(private readonly work: UnitOfWork) {}

  async find(replayId: string): Promise<RunRow | undefined> {
    const [row] = await this.work.query<RunRow>('select * from runner.run where replay_id = $1', [replayId]);
    return row;
  }

  /**
   * The row of a command, unless the replay has one: a command is done once. A command that nobody stood by makes room for
   * another one, and one that comes while the first is still looked at is kept, so that a forged command cannot block the true one.
   * Answers when an execute finds a dry run's row: nobody is asked about those.
   */
  async insertQueued(tx: Transaction, mode: ReplayMode, envelope: Envelope<DryRun | Execute>): Promise<'by_dry_run' | undefined> {
    if (await this.upsertQueued(tx, mode, envelope)) return undefined;
    const { replayId } = envelope.data;
    // The upsert has locked the row, so whoever disowns its command comes before or after.
    const row = (await this.lock(tx, replayId)) as RunRow;
    if (row.mode === 'dry_run') return mode === 'execute' ? 'by_dry_run' : undefined;
    if ((row.state !== 'queued' && row.state !== 'verifying') || !differs(row, mode, envelope)) return undefined;
    await tx.query(
      `insert into runner.rival_command (replay_id, mode, command_digest, envelope) values ($1, $2, $3, $4) on conflict do nothing`,
      [replayId, mode, canonicalSha256({ mode, place: placeOf(envelope), data: envelope.data }), JSON.stringify(envelope)],
    );
    return undefined;
  }

  /** The row of an execute that somebody stands by, whatever the replay had before. */
  async replaceQueued(tx: Transaction, envelope: Envelope<Execute>): Promise<void> {
    await this.upsertQueued(tx, 'execute', envelope, { anyway: true });
  }

  /** The row takes up a command that came beside the one which nobody stood by, if there is one; executes first, since those are asked about. */
  async takeRival(tx: Transaction, replayId: string): Promise<void> {
    const [rival] = await tx.query<{ mode: ReplayMode; envelope: Envelope<DryRun | Execute> }>(
      `delete from runner.rival_command where (replay_id, command_digest) in
         (select replay_id, command_digest from runner.rival_command where replay_id = $1
          order by mode = 'dry_run', received_at limit 1)
       returning mode, envelope`,
      [replayId],
    );
    if (rival) await this.upsertQueued(tx, rival.mode, rival.envelope);
  }

  private async upsertQueued(
    tx: Transaction,
    mode: ReplayMode,
    envelope: Envelope<DryRun | Execute>,
    { anyway = false } = {},
  ): Promise<boolean> {
    const { data, id, correlationId, traceparent } = envelope;
    const rows = await tx.query(
      `insert into runner.run
         (replay_id, mode, state, org_id, project_id, environment_id, command, command_digest, correlation_id, causation_id, traceparent,
          start_by, due_at)
       values ($1, $2, 'queued', $3, $4, $5, $6, $7, $8, $9, $10, $12, now())
       on conflict (replay_id) do update set
         mode = excluded.mode, state = 'queued', org_id = excluded.org_id, project_id = excluded.project_id,
         environment_id = excluded.environment_id, command = excluded.command, command_digest = excluded.command_digest,
         correlation_id = excluded.correlation_id, causation_id = excluded.causation_id, traceparent = excluded.traceparent,
         start_by = excluded.start_by, due_at = excluded.due_at, strikes = 0, attempt = run.attempt + 1,
         unconfirmed = false, withdraw = null, posture = null, plan_digest = null, header = null,
         records = 0, records_total = null, actions_done = 0, actions_total = null,
         codes = null, detail = null, started_at = null, ended_at = null, version = run.version + 1
       where $11 or (run.unconfirmed
         and (run.mode, run.command_digest, run.org_id, run.project_id, run.environment_id) is distinct from
           (excluded.mode, excluded.command_digest, excluded.org_id, excluded.project_id, excluded.environment_id))
       returning replay_id`,
      [
        data.replayId,
        mode,
        ...placeOf(envelope),
        JSON.stringify(data),
        canonicalSha256(data),
        correlationId,
        id,
        traceparent ?? null,
        anyway,
        'startBy' in data ? new Date(data.startBy) : null,
      ],
    );
    return rows.length > 0;
  }

  async lock(tx: Transaction, replayId: string): Promise<RunRow | undefined> {
    const [row] = await tx.query<RunRow>('select * from runner.run where replay_id = $1 for update', [replayId]);
    return row;
  }

  /** The row that refuses a command which is still on its way. Undefined when a row appeared meanwhile. */
  async insertWithdrawn(tx: Transaction, envelope: Envelope<Withdraw>): Promise<RunRow | undefined> {
    const { data, id, correlationId, traceparent, orgId, projectId, environmentId } = envelope;
    const [row] = await tx.query<RunRow>(
      `insert into runner.run (replay_id, mode, state, org_id, project_id, environment_id, correlation_id, causation_id, traceparent,
          withdraw, codes, ended_at)
       values ($1, $9, 'withdrawn', $2, $3, $4, $5, $6, $8, $7, array[$7::text], now())
       on conflict (replay_id) do nothing returning *`,
      [
        data.replayId,
        orgId,
        projectId ?? null,
        environmentId ?? null,
        correlationId,
        id,
        data.reason,
        traceparent ?? null,
        data.mode ?? 'execute',
      ],
    );
    return row;
  }

  async noteWithdraw(tx: Transaction, replayId: string, reason: string): Promise<void> {
    await tx.query(
      `update runner.run set withdraw = case when $2::text = 'cancel' then 'cancel' else coalesce(withdraw, $2::text) end
       where replay_id = $1`,
      [replayId, reason],
    );
  }

  /** The row becomes one of the replay's mode: the command that made it may have been somebody else's. */
  async endWithdrawn(tx: Transaction, { replayId, reason, mode }: Withdraw, detail?: string): Promise<RunRow> {
    const [row] = await tx.query<RunRow>(
      `update runner.run set state = 'withdrawn', withdraw = $2, codes = array[$2::text], detail = $4, due_at = null, ended_at = now(),
         mode = coalesce($3, mode), unconfirmed = false, version = version + 1
       where replay_id = $1 returning *`,
      [replayId, reason, mode ?? null, detail ?? null],
    );
    await tx.query('delete from runner.rival_command where replay_id = $1', [replayId]);
    return row;
  }
}

/** Whether a command is another one than the row's: the same data for another place is. */
function differs(row: RunRow, mode: ReplayMode, envelope: Envelope): boolean {
  const own = [row.mode, row.command_digest, row.org_id, row.project_id, row.environment_id];
  const other = [mode, canonicalSha256(envelope.data as object), ...placeOf(envelope)];
  return own.some((value, i) => value !== other[i]);
}

function placeOf({ orgId, projectId, environmentId }: Scope): (string | null)[] {
  return [orgId, projectId ?? null, environmentId ?? null];
}
