import { canonicalJson, type Posture, type PostureChange } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  environment_id: string;
  state: PostureChange['state'];
  base_revision: number;
  posture: Posture;
  requested_by: PostureChange['requestedBy'];
  decided_by: PostureChange['decidedBy'] | null;
  created_at: Date;
  decided_at: Date | null;
}

const read = (row: Row): PostureChange => ({
  id: row.id,
  environmentId: row.environment_id,
  state: row.state,
  baseRevision: row.base_revision,
  posture: row.posture,
  requestedBy: row.requested_by,
  ...(row.decided_by && { decidedBy: row.decided_by }),
  createdAt: row.created_at.toISOString(),
  ...(row.decided_at && { decidedAt: row.decided_at.toISOString() }),
});

export class PostureChangeStore {
  async insert(db: Db, change: Omit<PostureChange, 'state'>): Promise<PostureChange> {
    const { id, environmentId, baseRevision, posture, requestedBy, createdAt } = change;
    const [row] = await db.query<Row>(
      `insert into catalog.posture_change (id, environment_id, base_revision, posture, requested_by, created_at)
       values ($1, $2, $3, $4, $5, $6) returning *`,
      [id, environmentId, baseRevision, canonicalJson(posture), JSON.stringify(requestedBy), createdAt],
    );
    return read(row);
  }

  /** The change that the same person waits for already. */
  async findPending(db: Db, change: Omit<PostureChange, 'id' | 'state' | 'createdAt'>): Promise<PostureChange | undefined> {
    const [row] = await db.query<Row>(
      `select * from catalog.posture_change
       where environment_id = $1 and state = 'pending' and base_revision = $2 and posture = $3 and requested_by ->> 'id' = $4`,
      [change.environmentId, change.baseRevision, canonicalJson(change.posture), change.requestedBy.id],
    );
    return row && read(row);
  }

  async find(db: Db, environmentId: string, id: string): Promise<PostureChange | undefined> {
    const [row] = await db.query<Row>('select * from catalog.posture_change where environment_id = $1 and id = $2', [
      environmentId,
      id,
    ]);
    return row && read(row);
  }

  async decide(
    db: Db,
    id: string,
    state: PostureChange['state'],
    by: PostureChange['requestedBy'],
    at: Date,
  ): Promise<PostureChange> {
    const [row] = await db.query<Row>(
      'update catalog.posture_change set state = $2, decided_by = $3, decided_at = $4 where id = $1 returning *',
      [id, state, JSON.stringify(by), at],
    );
    return read(row);
  }

  async list(db: Db, environmentId: string, { before, limit }: Keyset): Promise<PostureChange[]> {
    const rows = await db.query<Row>(
      'select * from catalog.posture_change where environment_id = $1 and id < $2 order by id desc limit $3',
      [environmentId, before, limit + 1],
    );
    return rows.map(read);
  }
}
