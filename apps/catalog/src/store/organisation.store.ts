import type { Organisation } from '@reenact/contracts';
import type { Db } from './db.js';
import type { Keyset } from '@reenact/persistence';

interface Row {
  id: string;
  slug: string;
  name: string;
  created_at: Date;
}

const read = ({ id, slug, name, created_at }: Row): Organisation => ({ id, slug, name, createdAt: created_at.toISOString() });

export class OrganisationStore {
  /** Undefined when the slug is taken. */
  async insert(db: Db, { id, slug, name, createdAt }: Organisation): Promise<Organisation | undefined> {
    const [row] = await db.query<Row>(
      'insert into catalog.organisation (id, slug, name, created_at) values ($1, $2, $3, $4) on conflict (slug) do nothing returning *',
      [id, slug, name, createdAt],
    );
    return row && read(row);
  }

  async find(db: Db, idOrSlug: string): Promise<Organisation | undefined> {
    const [row] = await db.query<Row>('select * from catalog.organisation where id = $1 or slug = $1', [idOrSlug]);
    return row && read(row);
  }

  async listOf(db: Db, userId: string, { before, limit }: Keyset): Promise<Organisation[]> {
    const rows = await db.query<Row>(
      `select o.* from catalog.organisation o
       where o.id < $2
         and exists (select from catalog.member m where m.org_id = o.id and m.user_id = $1 and m.removed_at is null)
       order by o.id desc limit $3`,
      [userId, before, limit + 1],
    );
    return rows.map(read);
  }
}
