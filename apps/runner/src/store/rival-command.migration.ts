import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Other commands for a replay whose first one is still looked at: one of them may be forged. */
export class RivalCommand1764000000001 implements MigrationInterface {
  name = 'RivalCommand1764000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table runner.rival_command (
      replay_id text not null references runner.run,
      command_digest text not null,
      envelope jsonb not null,
      received_at timestamptz not null default clock_timestamp(),
      primary key (replay_id, command_digest)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table runner.rival_command');
  }
}
