import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What artifacts of an environment may not pass, null where it has the defaults; and the version of its aggregate. */
export class ArtifactLimits1700000004000 implements MigrationInterface {
  name = 'ArtifactLimits1700000004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'alter table catalog.environment add column artifact_limits jsonb, add column version integer not null default 1',
    );
    await runner.query("update catalog.environment set version = 2 where state = 'archived'");
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table catalog.environment drop column artifact_limits, drop column version');
  }
}
