import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // `started` in milliseconds by the database's clock; `reported` only carries the window that a report is about into its upsert.
  // Unlogged: what a crash of the database loses is one minute's counts.
  `create unlogged table ingest.rate_window (
    policy text not null,
    subject text not null,
    started bigint not null,
    used bigint not null,
    reported bigint not null,
    primary key (policy, subject)
  ) with (fillfactor = 70)`,
  `create unlogged table ingest.upload_slot (
    agent_id text not null,
    slot integer not null,
    holder text not null,
    expires_at timestamptz not null,
    primary key (agent_id, slot)
  ) with (fillfactor = 70)`,
];

export class RateLimits1764000001000 implements MigrationInterface {
  name = 'RateLimits1764000001000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['upload_slot', 'rate_window']) await runner.query(`drop table ingest.${table}`);
  }
}
