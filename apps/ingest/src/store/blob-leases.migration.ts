import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = [
  // `doomed`: the holder of the lease removes its object; uploads of the same bytes wait until the row is gone.
  'alter table ingest.blob drop constraint blob_state_check',
  `alter table ingest.blob add constraint blob_state_check check (state in ('pending', 'stored', 'doomed'))`,
  'alter table ingest.blob add column lease uuid, add column lease_until timestamptz',
  `alter table ingest.blob add constraint blob_doomed_by check ((state = 'doomed') = (lease is not null and lease_until is not null))`,
  `create index blob_doomed on ingest.blob (lease_until) where state = 'doomed'`,
  // When its bytes are to be hashed again; those that are there already get their turn over a day.
  `alter table ingest.blob add column scrub_at timestamptz not null default now() + interval '1 day'`,
  'alter table ingest.blob add column corrupt boolean not null default false',
  `create index blob_to_scrub on ingest.blob (scrub_at) where state = 'stored' and not corrupt`,
  'alter table ingest.artifact add column version bigint not null default 1',
];

export class BlobLeases1764100000000 implements MigrationInterface {
  name = 'BlobLeases1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ingest.artifact drop column version');
    await runner.query(`delete from ingest.blob where state = 'doomed'`);
    await runner.query('alter table ingest.blob drop constraint blob_doomed_by, drop constraint blob_state_check');
    await runner.query(
      'alter table ingest.blob drop column lease, drop column lease_until, drop column scrub_at, drop column corrupt',
    );
    await runner.query(`alter table ingest.blob add constraint blob_state_check check (state in ('pending', 'stored'))`);
  }
}
