import type { PipelineVersion } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string;
  pipeline: string;
  spec_hash: string;
  spec: string;
  state: PipelineVersion['state'];
  version: number;
  created_at: Date;
}

/** A pipeline version and the version of its aggregate. */
export interface StoredVersion {
  version: PipelineVersion;
  aggregateVersion: number;
}

const read = (row: Row): StoredVersion => ({
  version: {
    id: row.id,
    pipeline: row.pipeline,
    orgId: row.org_id,
    projectId: row.project_id,
    specHash: row.spec_hash,
    spec: JSON.parse(row.spec) as object,
    state: row.state,
    createdAt: row.created_at.toISOString(),
  },
  aggregateVersion: row.version,
});

export class VersionStore {
  /** Undefined when the project has the spec already. */
  async insert(db: Db, version: Omit<PipelineVersion, 'state'>): Promise<StoredVersion | undefined> {
    const { id, orgId, projectId, pipeline, specHash, spec, createdAt } = version;
    const [row] = await db.query<Row>(
      `insert into catalog.pipeline_version (id, org_id, project_id, pipeline, spec_hash, spec, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (project_id, spec_hash) do nothing returning *`,
      [id, orgId, projectId, pipeline, specHash, JSON.stringify(spec), createdAt],
    );
    return row && read(row);
  }

  async find(db: Db, id: string): Promise<PipelineVersion | undefined> {
    const [row] = await db.query<Row>('select * from catalog.pipeline_version where id = $1', [id]);
    return row && read(row).version;
  }

  async lock(db: Db, id: string): Promise<StoredVersion | undefined> {
    const [row] = await db.query<Row>('select * from catalog.pipeline_version where id = $1 for update', [id]);
    return row && read(row);
  }

  async lockBySpec(db: Db, projectId: string, specHash: string): Promise<StoredVersion> {
    const [row] = await db.query<Row>(
      'select * from catalog.pipeline_version where project_id = $1 and spec_hash = $2 for update',
      [projectId, specHash],
    );
    return read(row);
  }

  /** The versions of a project that a spec hash or an id names: at most one of each. */
  async named(db: Db, projectId: string, specHash: string | undefined, id: string | undefined): Promise<PipelineVersion[]> {
    const rows = await db.query<Row>(
      'select * from catalog.pipeline_version where project_id = $1 and (spec_hash = $2 or id = $3)',
      [projectId, specHash ?? null, id ?? null],
    );
    return rows.map((row) => read(row).version);
  }

  /** By its projects, so that the unique index answers. */
  async withSpec(
    db: Db,
    of: { orgId: string; projectIds?: readonly string[]; specHash: string },
    { before, limit }: Keyset,
  ): Promise<PipelineVersion[]> {
    const rows = await db.query<Row>(
      `select v.* from catalog.project p join catalog.pipeline_version v on v.project_id = p.id and v.spec_hash = $2
       where p.org_id = $1 and ($3::text[] is null or p.id = any($3)) and v.id < $4
       order by v.id desc limit $5`,
      [of.orgId, of.specHash, of.projectIds ?? null, before, limit + 1],
    );
    return rows.map((row) => read(row).version);
  }

  async list(
    db: Db,
    of: { projectId: string; pipeline?: string; specHash?: string },
    { before, limit }: Keyset,
  ): Promise<PipelineVersion[]> {
    const rows = await db.query<Row>(
      `select * from catalog.pipeline_version
       where project_id = $1 and ($2::text is null or pipeline = $2) and ($3::text is null or spec_hash = $3) and id < $4
       order by id desc limit $5`,
      [of.projectId, of.pipeline ?? null, of.specHash ?? null, before, limit + 1],
    );
    return rows.map((row) => read(row).version);
  }

  async setState(db: Db, id: string, state: PipelineVersion['state']): Promise<StoredVersion> {
    const [row] = await db.query<Row>(
      'update catalog.pipeline_version set state = $2, version = version + 1 where id = $1 returning *',
      [id, state],
    );
    return read(row);
  }
}
