import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts of refusals are forgotten by their age. */
export class RefusalAge1764300000000 implements MigrationInterface {
  name = 'RefusalAge1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create index refusal_age on ingest.refusal (minute)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index ingest.refusal_age');
  }
}
