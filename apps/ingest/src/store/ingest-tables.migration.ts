import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // `pending`: its object may be there although no upload was completed; swept when it stays so.
  `create table ingest.blob (
    org_id text not null,
    sha256 text not null,
    key text not null,
    size bigint not null,
    state text not null check (state in ('pending', 'stored')),
    touched_at timestamptz not null,
    primary key (org_id, sha256)
  )`,
  `create index blob_pending on ingest.blob (touched_at) where state = 'pending'`,
  `create table ingest.artifact (
    id text primary key,
    type text not null,
    state text not null default 'stored',
    sha256 text not null,
    size bigint not null,
    unpacked_size bigint not null,
    compressed boolean not null,
    format text not null,
    org_id text not null,
    project_id text not null,
    environment_id text not null,
    agent_id text not null,
    deployment_id text,
    incident_id text,
    spec_hash text,
    captured_at timestamptz not null,
    received_at timestamptz not null,
    boot_id text,
    sequence bigint,
    records bigint,
    stream_id text,
    redactions jsonb not null,
    not_replayable text,
    unique (agent_id, type, sha256),
    foreign key (org_id, sha256) references ingest.blob (org_id, sha256)
  )`,
  'create index artifact_by_organisation on ingest.artifact (org_id, id)',
  'create index artifact_by_environment on ingest.artifact (environment_id, id)',
  'create index artifact_by_agent on ingest.artifact (agent_id, id)',
  'create index artifact_by_incident on ingest.artifact (incident_id, id) where incident_id is not null',
  'create index artifact_by_blob on ingest.artifact (org_id, sha256)',
  'create table ingest.artifact_entries (artifact_id text primary key references ingest.artifact (id), entries jsonb not null)',
  `create table ingest.refusal (
    agent_id text not null,
    minute timestamptz not null,
    status integer not null,
    code text not null,
    org_id text not null,
    project_id text not null,
    environment_id text not null,
    count bigint not null,
    announced bigint not null default 0,
    primary key (agent_id, minute, status, code)
  )`,
  'create index refusal_unannounced on ingest.refusal (minute) where announced < count',
];

export class IngestTables1764000000000 implements MigrationInterface {
  name = 'IngestTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['refusal', 'artifact_entries', 'artifact', 'blob']) await runner.query(`drop table ingest.${table}`);
  }
}
