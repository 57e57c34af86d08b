import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Replays in the order of lists: of a place, an artifact or an incident, and by mode and state. Those by mode and state of ended replays are
 * written once per replay, when it ends; of the others there are only as many as are under way.
 */
export class ReplayLists1764000000005 implements MigrationInterface {
  name = 'ReplayLists1764000000005';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name] of BEFORE) await runner.query(`drop index replay_orchestrator.${name}`);
    for (const column of ['org_id', 'project_id', 'environment_id', 'artifact_id']) {
      await runner.query(`create index replay_by_${column} on replay_orchestrator.replay (${column}, id)`);
    }
    await runner.query(
      'create index replay_by_incident_id on replay_orchestrator.replay (incident_id, id) where incident_id is not null',
    );
    await runner.query(`create index replay_open on replay_orchestrator.replay (org_id, id)
      where state in ('requested', 'checking', 'reserving', 'dispatching', 'running')`);
    for (const scope of SCOPES) {
      await runner.query(`create index replay_ended_by_${scope} on replay_orchestrator.replay (mode, state, ${scope}, id)
        where state in ('succeeded', 'failed', 'rejected', 'cancelled', 'expired', 'indeterminate')`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    const added = ['by_org_id', 'by_project_id', 'by_environment_id', 'by_artifact_id', 'by_incident_id'];
    for (const name of [...added, 'open', ...SCOPES.map((scope) => `ended_by_${scope}`)]) {
      await runner.query(`drop index replay_orchestrator.replay_${name}`);
    }
    for (const [name, columns] of BEFORE) {
      await runner.query(`create index ${name} on replay_orchestrator.replay (${columns}`);
    }
  }
}

const BEFORE = [
  ['replay_org', 'org_id, id desc)'],
  ['replay_environment', 'environment_id, id desc)'],
  ['replay_artifact', 'artifact_id, id desc)'],
  ['replay_incident', 'incident_id, id desc) where incident_id is not null'],
] as const;

const SCOPES = ['org_id', 'project_id', 'environment_id'] as const;
