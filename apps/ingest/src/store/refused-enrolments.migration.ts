import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Refusals of enrolment tokens are counted like those of agents. */
export class RefusedEnrolments1764200000000 implements MigrationInterface {
  name = 'RefusedEnrolments1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table ingest.refusal rename column agent_id to subject_id');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`delete from ingest.refusal where subject_id like 'enr\\_%'`);
    await runner.query('alter table ingest.refusal rename column subject_id to agent_id');
  }
}
