import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who said what became of an action that was left indeterminate. */
export class EffectResolvedBy1764000000009 implements MigrationInterface {
  name = 'EffectResolvedBy1764000000009';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.effect add column resolved_by jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table runner.effect drop column resolved_by');
  }
}
