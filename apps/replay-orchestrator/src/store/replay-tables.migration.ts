import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ReplayTables1700000001000 implements MigrationInterface {
  name = 'ReplayTables1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['replay_journal', 'environment', 'replay'])
      await runner.query(`drop table replay_orchestrator.${table}`);
  }
}

const STATEMENTS = [
  // `body` is the whole record of the saga; the columns are what is looked for. Finished replays are in none of the partial indexes.
  `create table replay_orchestrator.replay (
    id text primary key,
    org_id text not null,
    project_id text not null,
    environment_id text not null,
    artifact_id text not null,
    incident_id text,
    mode text not null,
    state text not null,
    withdrawal text,
    holds_slot boolean not null default false,
    start_by timestamptz not null,
    due_at timestamptz,
    tries integer not null default 0,
    body jsonb not null,
    progress jsonb,
    progress_version integer not null default 0,
    created_at timestamptz not null
  ) with (fillfactor = 70)`,
  'create index replay_org on replay_orchestrator.replay (org_id, id desc)',
  'create index replay_environment on replay_orchestrator.replay (environment_id, id desc)',
  'create index replay_artifact on replay_orchestrator.replay (artifact_id, id desc)',
  'create index replay_incident on replay_orchestrator.replay (incident_id, id desc) where incident_id is not null',
  'create index replay_due on replay_orchestrator.replay (due_at) where due_at is not null',
  `create index replay_late on replay_orchestrator.replay (start_by)
    where state in ('requested', 'checking', 'reserving', 'dispatching') and withdrawal is null`,
  'create index replay_slot on replay_orchestrator.replay (environment_id) where holds_slot',
  // Locked while a slot of the environment is taken; the slots themselves are the replays that hold one.
  'create table replay_orchestrator.environment (id text primary key)',
  `create table replay_orchestrator.replay_journal (
    id bigint generated always as identity primary key,
    replay_id text not null,
    version integer not null,
    state text not null,
    message jsonb not null,
    at timestamptz not null
  )`,
  'create index replay_journal_replay on replay_orchestrator.replay_journal (replay_id, id)',
];
