import type { Target, TargetHeader, TargetKind, TargetLimits } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  name: string;
  kind: TargetKind;
  url: string;
  headers: Record<string, TargetHeader>;
  limits: TargetLimits | null;
  revision: number;
  created_at: Date;
}

const read = (row: Row): Target => ({
  id: row.id,
  environmentId: row.environment_id,
  orgId: row.org_id,
  projectId: row.project_id,
  name: row.name,
  kind: row.kind,
  url: row.url,
  headers: row.headers,
  ...(row.limits !== null && { limits: row.limits }),
  revision: row.revision,
  createdAt: row.created_at.toISOString(),
});

export class TargetStore {
  /** Undefined when the name is taken. */
  async insert(db: Db, target: Omit<Target, 'revision'>): Promise<Target | undefined> {
    const { id, orgId, projectId, environmentId, name, kind, url, headers, limits, createdAt } = target;
    const [row] = await db.query<Row>(
      `insert into catalog.target (id, org_id, project_id, environment_id, name, kind, url, headers, limits, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (environment_id, name) do nothing returning *`,
      [
        id,
        orgId,
        projectId,
        environmentId,
        name,
        kind,
        url,
        JSON.stringify(headers),
        limits ? JSON.stringify(limits) : null,
        createdAt,
      ],
    );
    return row && read(row);
  }

  async find(db: Db, id: string): Promise<Target | undefined> {
    const [row] = await db.query<Row>('select * from catalog.target where id = $1', [id]);
    return row && read(row);
  }

  async lock(db: Db, id: string): Promise<Target | undefined> {
    const [row] = await db.query<Row>('select * from catalog.target where id = $1 for update', [id]);
    return row && read(row);
  }

  async list(db: Db, environmentId: string, { before, limit }: Keyset): Promise<Target[]> {
    const rows = await db.query<Row>(
      'select * from catalog.target where environment_id = $1 and id < $2 order by id desc limit $3',
      [environmentId, before, limit + 1],
    );
    return rows.map(read);
  }

  async byName(db: Db, environmentId: string, names: readonly string[]): Promise<Target[]> {
    const rows = await db.query<Row>('select * from catalog.target where environment_id = $1 and name = any($2) order by name', [
      environmentId,
      names,
    ]);
    return rows.map(read);
  }

  async byId(db: Db, environmentId: string, ids: readonly string[]): Promise<Map<string, Target>> {
    const rows = await db.query<Row>('select * from catalog.target where environment_id = $1 and id = any($2)', [
      environmentId,
      ids,
    ]);
    return new Map(rows.map((row) => [row.id, read(row)]));
  }

  /** The target's next revision. */
  async update(db: Db, { id, url, headers, limits }: Target): Promise<Target> {
    const [row] = await db.query<Row>(
      'update catalog.target set url = $2, headers = $3, limits = $4, revision = revision + 1 where id = $1 returning *',
      [id, url, JSON.stringify(headers), limits ? JSON.stringify(limits) : null],
    );
    return read(row);
  }

  async remove(db: Db, id: string): Promise<void> {
    await db.query('delete from catalog.target where id = $1', [id]);
  }
}
