import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether an action's target takes the same key twice: what ends a run without its plan has to know. */
export class EffectIdempotent1764000000004 implements MigrationInterface {
  name = 'EffectIdempotent1764000000004';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.effect add column idempotent boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.effect drop column idempotent');
  }
}
