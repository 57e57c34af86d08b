import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a target bears; null where nothing is said. */
export class TargetLimits1700000003000 implements MigrationInterface {
  name = 'TargetLimits1700000003000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table catalog.target add column limits jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table catalog.target drop column limits');
  }
}
