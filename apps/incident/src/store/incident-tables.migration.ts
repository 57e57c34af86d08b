import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids sort by birth byte by byte, so their columns carry the collation "C". */
const ID = 'text collate "C"';

const STATEMENTS = [
  `create table incident.incident (
    id ${ID} primary key,
    org_id ${ID} not null,
    project_id ${ID} not null,
    environment_id ${ID} not null,
    title text not null,
    severity text not null,
    state text not null,
    fingerprint text not null,
    occurrences integer not null,
    agent_id ${ID},
    deployment_id ${ID},
    assignee ${ID},
    labels jsonb not null,
    first_seen_at timestamptz not null,
    last_seen_at timestamptz not null,
    created_at timestamptz not null,
    changed_at timestamptz not null,
    revision integer not null,
    unique (environment_id, fingerprint)
  )`,
  'create index incident_list on incident.incident (org_id, id)',
  'create index incident_of_environment on incident.incident (environment_id, id)',
  'create index incident_of_agent on incident.incident (agent_id, id) where agent_id is not null',
  // What follows is a projection of other services' events; `version` is that of their aggregate.
  `create table incident.artifact (
    id ${ID} primary key,
    incident_id ${ID} references incident.incident,
    agent_id ${ID} not null,
    type text not null,
    artifact jsonb not null
  )`,
  'create index artifact_of_incident on incident.artifact (incident_id, id) where incident_id is not null',
  'create index artifact_of_agent on incident.artifact (agent_id, type, id)',
  `create table incident.replay (
    id ${ID} primary key,
    artifact_id ${ID} not null,
    incident_id ${ID},
    version integer not null,
    replay jsonb not null
  )`,
  'create index replay_of_incident on incident.replay (incident_id, id) where incident_id is not null',
  'create index replay_of_artifact on incident.replay (artifact_id)',
  `create table incident.approval (
    id ${ID} primary key,
    artifact_id ${ID} not null,
    incident_id ${ID},
    version integer not null,
    approval jsonb not null,
    decisions jsonb not null default '[]'
  )`,
  'create index approval_of_incident on incident.approval (incident_id, id) where incident_id is not null',
  'create index approval_of_artifact on incident.approval (artifact_id)',
  // An entry lies with one incident, or with an environment or agent: those show in every incident that they concern.
  `create table incident.timeline_entry (
    id ${ID} primary key,
    owner_id ${ID} not null,
    entry text not null
  )`,
  'create index timeline_entry_of_owner on incident.timeline_entry (owner_id, id)',
];

const TABLES = ['timeline_entry', 'approval', 'replay', 'artifact', 'incident'];

export class IncidentTables1700000001000 implements MigrationInterface {
  name = 'IncidentTables1700000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table incident.${table}`);
  }
}
