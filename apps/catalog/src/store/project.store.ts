import type { Project } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  slug: string;
  name: string;
  created_at: Date;
}

const read = (row: Row): Project => ({
  id: row.id,
  slug: row.slug,
  name: row.name,
  orgId: row.org_id,
  createdAt: row.created_at.toISOString(),
});

export class ProjectStore {
  /** Undefined when the slug is taken. */
  async insert(db: Db, { id, orgId, slug, name, createdAt }: Project): Promise<Project | undefined> {
    const [row] = await db.query<Row>(
      `insert into catalog.project (id, org_id, slug, name, created_at) values ($1, $2, $3, $4, $5)
       on conflict (org_id, slug) do nothing returning *`,
      [id, orgId, slug, name, createdAt],
    );
    return row && read(row);
  }

  async find(db: Db, id: string): Promise<Project | undefined> {
    const [row] = await db.query<Row>('select * from catalog.project where id = $1', [id]);
    return row && read(row);
  }

  async findIn(db: Db, orgId: string, idOrSlug: string): Promise<Project | undefined> {
    const [row] = await db.query<Row>('select * from catalog.project where org_id = $1 and (id = $2 or slug = $2)', [
      orgId,
      idOrSlug,
    ]);
    return row && read(row);
  }

  async list(db: Db, orgId: string, { before, limit }: Keyset): Promise<Project[]> {
    const rows = await db.query<Row>('select * from catalog.project where org_id = $1 and id < $2 order by id desc limit $3', [
      orgId,
      before,
      limit + 1,
    ]);
    return rows.map(read);
  }
}
