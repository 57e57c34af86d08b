import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApprovalTables1700000001000 implements MigrationInterface {
  name = 'ApprovalTables1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['signing_key', 'use', 'request']) await runner.query(`drop table approval.${table}`);
  }
}

const STATEMENTS = [
  // `body` is the whole record; the columns are what is looked for.
  `create table approval.request (
    id text primary key,
    org_id text not null,
    project_id text not null,
    environment_id text not null,
    artifact_id text not null,
    dry_run_id text,
    state text not null,
    not_before timestamptz,
    due_at timestamptz,
    replay_id text,
    body jsonb not null,
    credential jsonb,
    created_at timestamptz not null
  ) with (fillfactor = 80)`,
  'create index request_org on approval.request (org_id, id desc)',
  'create index request_environment on approval.request (environment_id, id desc)',
  'create index request_artifact on approval.request (artifact_id, id desc)',
  'create index request_dry_run on approval.request (dry_run_id, id desc) where dry_run_id is not null',
  'create index request_due on approval.request (due_at) where due_at is not null',
  `create table approval.use (
    approval_id text not null references approval.request (id),
    replay_id text not null,
    state text not null,
    version integer not null,
    code text,
    primary key (approval_id, replay_id)
  )`,
  // One use: whatever else goes wrong, no second replay has it.
  "create unique index use_once on approval.use (approval_id) where state = 'used'",
  `create table approval.signing_key (
    kid text primary key,
    key_use text not null,
    public_key text not null,
    status text not null,
    not_before timestamptz not null,
    not_after timestamptz
  )`,
];
