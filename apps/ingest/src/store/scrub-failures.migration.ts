import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How often the bytes of a blob could not be read. */
export class ScrubFailures1764300001000 implements MigrationInterface {
  name = 'ScrubFailures1764300001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ingest.blob add column scrub_failures integer not null default 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ingest.blob drop column scrub_failures');
  }
}
