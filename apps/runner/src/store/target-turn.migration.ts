import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who is at a target that bears only so much, over all processes. */
export class TargetTurn1764000000006 implements MigrationInterface {
  name = 'TargetTurn1764000000006';

  async up(runner: QueryRunner): Promise<void> {
    // A few rows per target, each gone at `lapses_at`: what a process held that died is room again.
    await runner.query(`create table runner.target_turn (
      target_id text not null,
      asked bigint generated always as identity,
      turn_id uuid not null unique,
      state text not null check (state in ('waiting', 'under_way', 'over')),
      begun_at timestamptz,
      lapses_at timestamptz not null,
      primary key (target_id, asked)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table runner.target_turn');
  }
}
