import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids sort by birth byte by byte, so their columns carry the collation "C". */
const ID = 'text collate "C"';

const STATEMENTS = [
  `create table incident.escalation (
    id ${ID} primary key,
    org_id ${ID} not null,
    project_id ${ID},
    environment_id ${ID},
    kind text not null,
    subject text not null,
    state text not null default 'open',
    incident_id ${ID},
    agent_id ${ID},
    artifact_id ${ID},
    evidence jsonb not null,
    remedy text not null,
    count integer not null,
    opened_at timestamptz not null,
    last_seen_at timestamptz not null,
    acknowledged_by ${ID},
    closed_at timestamptz,
    revision integer not null default 1
  )`,
  "create unique index escalation_live on incident.escalation (kind, subject) where state <> 'closed'",
  'create index escalation_list on incident.escalation (org_id, id)',
  'create index escalation_of_incident on incident.escalation (incident_id, id) where incident_id is not null',
  'create index escalation_of_agent on incident.escalation (agent_id, id) where agent_id is not null',
  'create index escalation_of_artifact on incident.escalation (artifact_id) where artifact_id is not null',
  // What the newest event says of an agent: an older one that comes late neither opens nor closes anything.
  `create table incident.agent_health (
    agent_id ${ID} primary key,
    state text not null,
    version integer not null
  )`,
  `create table incident.agent_refusal (
    agent_id ${ID} not null,
    minute timestamptz not null,
    status integer not null,
    code text not null,
    count integer not null,
    primary key (agent_id, minute, status, code)
  )`,
  'create index agent_refusal_age on incident.agent_refusal (minute)',
];

const TABLES = ['agent_refusal', 'agent_health', 'escalation'];

export class EscalationTables1700000002000 implements MigrationInterface {
  name = 'EscalationTables1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`drop table incident.${table}`);
  }
}
