import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Until when a run may start: read when its command is taken in, so that no text of a command has a say when runs are looked for. */
export class RunStartBy1764000000007 implements MigrationInterface {
  name = 'RunStartBy1764000000007';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.run add column start_by timestamptz');
    await runner.query(
      `update runner.run set start_by = (command->>'startBy')::timestamptz where mode = 'execute' and ended_at is null`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.run drop column start_by');
  }
}
