import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The trace that a run's command was part of: what the run says is, too. */
export class RunTrace1764000000003 implements MigrationInterface {
  name = 'RunTrace1764000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.run add column traceparent text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.run drop column traceparent');
  }
}
