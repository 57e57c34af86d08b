import { type IdKind, idKind, type ResourceScope } from '@reenact/contracts';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string | null;
  environment_id: string | null;
}

const IN_ENVIRONMENT = 'id, org_id, project_id, environment_id';

/** Where each kind of resource says in what it lies. */
const SOURCES: Partial<Record<IdKind, string>> = {
  organisation: 'select id, id as org_id, null as project_id, null as environment_id from catalog.organisation',
  project: 'select id, org_id, id as project_id, null as environment_id from catalog.project',
  environment: 'select id, org_id, project_id, id as environment_id from catalog.environment',
  agent: `select ${IN_ENVIRONMENT} from catalog.agent`,
  enrolment: `select e.id, v.org_id, v.project_id, e.environment_id
    from catalog.enrolment e join catalog.environment v on v.id = e.environment_id`,
  target: `select ${IN_ENVIRONMENT} from catalog.target`,
  version: 'select id, org_id, project_id, null as environment_id from catalog.pipeline_version',
};

export class ResourceStore {
  async scopeOf(db: Db, id: string): Promise<ResourceScope | undefined> {
    const kind = idKind(id);
    const source = kind && SOURCES[kind];
    if (!source) return undefined;
    const [row] = await db.query<Row>(`select * from (${source}) resource where id = $1`, [id]);
    if (!row) return undefined;
    return {
      id: row.id,
      orgId: row.org_id,
      ...(row.project_id !== null && { projectId: row.project_id }),
      ...(row.environment_id !== null && { environmentId: row.environment_id }),
    };
  }
}
