import type { ArtifactLimits, Environment, Posture, PostureRecord, Tier } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string;
  slug: string;
  name: string;
  tier: Tier;
  state: Environment['state'];
  posture: Posture;
  posture_revision: number;
  posture_changed_at: Date;
  artifact_limits: ArtifactLimits | null;
  version: number;
  created_at: Date;
}

/** An environment with the posture that is in force, and the version of its aggregate. */
export interface GovernedEnvironment {
  environment: Environment;
  posture: PostureRecord;
  version: number;
}

const read = (row: Row): GovernedEnvironment => ({
  environment: {
    id: row.id,
    slug: row.slug,
    name: row.name,
    orgId: row.org_id,
    projectId: row.project_id,
    tier: row.tier,
    postureRevision: row.posture_revision,
    ...(row.artifact_limits && { artifactLimits: row.artifact_limits }),
    state: row.state,
    createdAt: row.created_at.toISOString(),
  },
  posture: {
    environmentId: row.id,
    revision: row.posture_revision,
    posture: row.posture,
    changedAt: row.posture_changed_at.toISOString(),
  },
  version: row.version,
});

export class EnvironmentStore {
  /** Undefined when the slug is taken. */
  async insert(db: Db, environment: Environment, posture: Posture): Promise<Environment | undefined> {
    const { id, orgId, projectId, slug, name, tier, createdAt } = environment;
    const [row] = await db.query<Row>(
      `insert into catalog.environment
         (id, org_id, project_id, slug, name, tier, posture, posture_revision, posture_changed_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $8) on conflict (project_id, slug) do nothing returning *`,
      [id, orgId, projectId, slug, name, tier, JSON.stringify(posture), createdAt],
    );
    return row && read(row).environment;
  }

  async find(db: Db, id: string): Promise<GovernedEnvironment | undefined> {
    const [row] = await db.query<Row>('select * from catalog.environment where id = $1', [id]);
    return row && read(row);
  }

  /** Whoever changes the environment, its posture or what counts as its own waits here. */
  async lock(db: Db, id: string): Promise<GovernedEnvironment | undefined> {
    const [row] = await db.query<Row>('select * from catalog.environment where id = $1 for no key update', [id]);
    return row && read(row);
  }

  async findIn(db: Db, projectId: string, idOrSlug: string): Promise<Environment | undefined> {
    const [row] = await db.query<Row>('select * from catalog.environment where project_id = $1 and (id = $2 or slug = $2)', [
      projectId,
      idOrSlug,
    ]);
    return row && read(row).environment;
  }

  async list(db: Db, projectId: string, { before, limit }: Keyset): Promise<Environment[]> {
    const rows = await db.query<Row>(
      'select * from catalog.environment where project_id = $1 and id < $2 order by id desc limit $3',
      [projectId, before, limit + 1],
    );
    return rows.map((row) => read(row).environment);
  }

  async archive(db: Db, id: string): Promise<GovernedEnvironment> {
    const [row] = await db.query<Row>(
      "update catalog.environment set state = 'archived', version = version + 1 where id = $1 returning *",
      [id],
    );
    return read(row);
  }

  async limitArtifacts(db: Db, id: string, limits: ArtifactLimits | undefined): Promise<GovernedEnvironment> {
    const [row] = await db.query<Row>(
      'update catalog.environment set artifact_limits = $2, version = version + 1 where id = $1 returning *',
      [id, limits ? JSON.stringify(limits) : null],
    );
    return read(row);
  }

  /** The posture's next revision. */
  async setPosture(db: Db, id: string, posture: Posture, at: Date): Promise<PostureRecord> {
    const [row] = await db.query<Row>(
      `update catalog.environment
       set posture = $2, tier = $3, posture_revision = posture_revision + 1, posture_changed_at = $4
       where id = $1 returning *`,
      [id, JSON.stringify(posture), posture.tier, at],
    );
    return read(row).posture;
  }
}
