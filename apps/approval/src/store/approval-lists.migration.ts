import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Approvals in the order of lists: of a place, an artifact or a dry run, and by state. Those by state of ended approvals are written once per
 * approval, when it ends; of the others there are only as many as wait for their decision or their use.
 */
export class ApprovalLists1764000000005 implements MigrationInterface {
  name = 'ApprovalLists1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name] of BEFORE) await runner.query(`drop index approval.${name}`);
    for (const column of ['org_id', 'project_id', 'environment_id', 'artifact_id']) {
      await runner.query(`create index request_by_${column} on approval.request (${column}, id)`);
    }
    await runner.query('create index request_by_dry_run_id on approval.request (dry_run_id, id) where dry_run_id is not null');
    await runner.query(`create index request_open on approval.request (org_id, id) where state in ('pending', 'approved')`);
    for (const scope of SCOPES) {
      await runner.query(`create index request_ended_by_${scope} on approval.request (state, ${scope}, id)
        where state in ('denied', 'expired', 'withdrawn', 'used', 'revoked')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const added = ['by_org_id', 'by_project_id', 'by_environment_id', 'by_artifact_id', 'by_dry_run_id'];
    for (const name of [...added, 'open', ...SCOPES.map((scope) => `ended_by_${scope}`)]) {
      await runner.query(`drop index approval.request_${name}`);
    }
    for (const [name, columns] of BEFORE) await runner.query(`create index ${name} on approval.request (${columns}`);
  }
}

const BEFORE = [
  ['request_org', 'org_id, id desc)'],
  ['request_environment', 'environment_id, id desc)'],
  ['request_artifact', 'artifact_id, id desc)'],
  ['request_dry_run', 'dry_run_id, id desc) where dry_run_id is not null'],
] as const;

const SCOPES = ['org_id', 'project_id', 'environment_id'] as const;
