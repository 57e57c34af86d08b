import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which environments' executes are paused, and by whom, so that a replay can say what it waits for. */
export class ExecutionSwitch1764000000006 implements MigrationInterface {
  name = 'ExecutionSwitch1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table replay_orchestrator.execution_switch (
      environment_id text primary key,
      version integer not null,
      state text not null,
      reason text not null,
      set_by jsonb not null,
      set_at timestamptz not null
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table replay_orchestrator.execution_switch');
  }
}
