import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A command for a dry run may come while a forged one for an execute of the same replay is looked at. */
export class RivalMode1764000000005 implements MigrationInterface {
  name = 'RivalMode1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table runner.rival_command add column mode text not null default 'execute'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.rival_command drop column mode');
  }
}
