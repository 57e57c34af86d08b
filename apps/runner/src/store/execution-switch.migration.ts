import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which environments' executes are paused or stopped. */
export class ExecutionSwitch1764000000002 implements MigrationInterface {
  name = 'ExecutionSwitch1764000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table runner.execution_switch (
      environment_id text primary key,
      state text not null check (state in ('running', 'paused', 'stopped')),
      reason text not null,
      changed_by text not null,
      changed_at timestamptz not null,
      version integer not null default 1
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table runner.execution_switch');
  }
}
