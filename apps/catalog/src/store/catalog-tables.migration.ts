import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids sort by birth byte by byte, so their columns carry the collation "C". */
const ID = 'text collate "C"';

const STATEMENTS = [
  `create table catalog.organisation (
    id ${ID} primary key,
    slug text not null unique,
    name text not null,
    created_at timestamptz not null
  )`,
  `create table catalog.project (
    id ${ID} primary key,
    org_id ${ID} not null references catalog.organisation,
    slug text not null,
    name text not null,
    created_at timestamptz not null,
    unique (org_id, slug)
  )`,
  'create index project_list on catalog.project (org_id, id)',
  `create table catalog.environment (
    id ${ID} primary key,
    org_id ${ID} not null references catalog.organisation,
    project_id ${ID} not null references catalog.project,
    slug text not null,
    name text not null,
    tier text not null,
    state text not null default 'active',
    posture jsonb not null,
    posture_revision integer not null default 1,
    posture_changed_at timestamptz not null,
    created_at timestamptz not null,
    unique (project_id, slug)
  )`,
  'create index environment_list on catalog.environment (project_id, id)',
  // A role that was taken away stays as a row, so that versions of its events go on.
  `create table catalog.member (
    id ${ID} not null unique,
    org_id ${ID} not null references catalog.organisation,
    user_id ${ID} not null,
    role text not null,
    project_id ${ID} references catalog.project,
    version integer not null,
    created_at timestamptz not null,
    removed_at timestamptz,
    unique nulls not distinct (org_id, user_id, role, project_id)
  )`,
  'create index member_list on catalog.member (org_id, id) where removed_at is null',
  'create index member_access on catalog.member (user_id) where removed_at is null',
  `create table catalog.agent (
    id ${ID} primary key,
    org_id ${ID} not null,
    project_id ${ID} not null,
    environment_id ${ID} not null references catalog.environment,
    name text not null,
    labels jsonb not null,
    state text not null default 'active',
    version integer not null default 1,
    last_heartbeat_at timestamptz,
    last_status text,
    boot_id text,
    last_sequence bigint,
    created_at timestamptz not null,
    unique (environment_id, name)
  ) with (fillfactor = 80)`,
  'create index agent_list on catalog.agent (environment_id, id)',
  `create table catalog.agent_key (
    id ${ID} primary key,
    agent_id ${ID} not null references catalog.agent,
    hash text not null unique,
    scopes text[] not null,
    created_at timestamptz not null,
    last_used_at timestamptz,
    expires_at timestamptz,
    revoked_at timestamptz
  ) with (fillfactor = 80)`,
  'create index agent_key_list on catalog.agent_key (agent_id, id)',
  `create table catalog.enrolment (
    id ${ID} primary key,
    environment_id ${ID} not null references catalog.environment,
    expires_at timestamptz not null,
    agent_id ${ID} references catalog.agent,
    nonce_hash text,
    used_at timestamptz,
    created_at timestamptz not null
  )`,
  // A repeated request for a token gets another secret of the same token, since the first one is not kept.
  `create table catalog.enrolment_secret (
    hash text primary key,
    enrolment_id ${ID} not null references catalog.enrolment
  )`,
  `create table catalog.target (
    id ${ID} primary key,
    org_id ${ID} not null,
    project_id ${ID} not null,
    environment_id ${ID} not null references catalog.environment,
    name text not null,
    kind text not null,
    url text not null,
    headers jsonb not null,
    revision integer not null default 1,
    created_at timestamptz not null,
    unique (environment_id, name)
  )`,
  'create index target_list on catalog.target (environment_id, id)',
  // The spec stays text: jsonb knows no NUL character, and the hash is over what was sent.
  `create table catalog.pipeline_version (
    id ${ID} primary key,
    org_id ${ID} not null,
    project_id ${ID} not null references catalog.project,
    pipeline text not null,
    spec_hash text not null,
    spec text not null,
    state text not null default 'active',
    version integer not null default 1,
    created_at timestamptz not null,
    unique (project_id, spec_hash)
  )`,
  'create index pipeline_version_list on catalog.pipeline_version (project_id, id)',
  'create index pipeline_version_of on catalog.pipeline_version (project_id, pipeline, id)',
  `create table catalog.posture_change (
    id ${ID} primary key,
    environment_id ${ID} not null references catalog.environment,
    state text not null default 'pending',
    base_revision integer not null,
    posture jsonb not null,
    requested_by jsonb not null,
    decided_by jsonb,
    created_at timestamptz not null,
    decided_at timestamptz
  )`,
  'create index posture_change_list on catalog.posture_change (environment_id, id)',
];

const TABLES = [
  'posture_change',
  'pipeline_version',
  'target',
  'enrolment_secret',
  'enrolment',
  'agent_key',
  'agent',
  'member',
  'environment',
  'project',
  'organisation',
];

export class CatalogTables1700000001000 implements MigrationInterface {
  name = 'CatalogTables1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table catalog.${table}`);
  }
}
