import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ids sort by birth byte by byte, so their columns carry the collation "C". */
const ID = 'text collate "C"';

const STATEMENTS = [
  // `seen` is what arrived or was said to be missing; `suspected` is what was missing when somebody looked at `suspected_at`.
  `create table catalog.agent_sequence (
    agent_id ${ID} not null references catalog.agent,
    kind text not null,
    boot_id text not null,
    seen int8multirange not null,
    suspected int8multirange,
    suspected_at timestamptz,
    changed_at timestamptz not null,
    has_gap boolean not null generated always as (int8multirange(int8range(1, upper(seen))) <> seen) stored,
    primary key (agent_id, kind, boot_id)
  ) with (fillfactor = 80)`,
  'create index agent_sequence_gap on catalog.agent_sequence (suspected_at nulls first) where has_gap',
  'create index agent_sequence_age on catalog.agent_sequence (changed_at)',
  "create index agent_heard on catalog.agent (last_heartbeat_at) where state = 'active'",
];

export class AgentSequence1700000002000 implements MigrationInterface {
  name = 'AgentSequence1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index catalog.agent_heard');
    await runner.query('drop table catalog.agent_sequence');
  }
}
