import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The name of whoever set a switch, for those who read why their run was held. */
export class SwitchSetter1764000000008 implements MigrationInterface {
  name = 'SwitchSetter1764000000008';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.execution_switch add column changed_by_name text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.execution_switch drop column changed_by_name');
  }
}
