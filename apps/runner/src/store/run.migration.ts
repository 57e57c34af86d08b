import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Runs, and the ledger of their effects. */
export class RunTables1764000000000 implements MigrationInterface {
  name = 'RunTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // `attempt` is the fence: who holds a run writes only where it is still theirs. `strikes` counts claims that were not given back.
    await runner.query(`create table runner.run (
      replay_id text primary key,
      mode text not null check (mode in ('dry_run', 'execute')),
      state text not null,
      org_id text not null,
      project_id text,
      environment_id text,
      command jsonb,
      command_digest text,
      correlation_id text not null,
      causation_id text not null,
      attempt integer not null default 0,
      strikes integer not null default 0,
      due_at timestamptz,
      withdraw text,
      unconfirmed boolean not null default false,
      posture jsonb,
      plan_digest text,
      header jsonb,
      records bigint not null default 0,
      records_total bigint,
      actions_done bigint not null default 0,
      actions_total bigint,
      codes text[],
      detail text,
      version integer not null default 1,
      created_at timestamptz not null default now(),
      started_at timestamptz,
      ended_at timestamptz
    ) with (fillfactor = 70)`);
    await runner.query('create index run_due on runner.run (mode, due_at) where due_at is not null');
    await runner.query(`create table runner.effect (
      replay_id text not null references runner.run,
      index bigint not null,
      environment_id text not null,
      idempotency_key text not null,
      capability text not null,
      state text not null check (state in ('started', 'done', 'not_sent', 'failed', 'indeterminate', 'already_done')),
      run_attempt integer not null,
      attempts integer not null,
      send_by timestamptz,
      status integer,
      error text,
      by_replay text,
      started_at timestamptz,
      ended_at timestamptz,
      primary key (replay_id, index)
    ) with (fillfactor = 70)`);
    // One effect at a time, and once, whichever replays want it.
    await runner.query(`create unique index effect_once on runner.effect (environment_id, idempotency_key)
      where state in ('started', 'done', 'indeterminate')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table runner.effect');
    await runner.query('drop table runner.run');
  }
}
