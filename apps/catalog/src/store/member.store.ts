import { type Membership, newUuid, type Role } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  user_id: string;
  role: Role;
  project_id: string | null;
  version: number;
  created_at: Date;
}

/** A role that a person holds, or is to hold. */
export interface RoleOf {
  orgId: string;
  userId: string;
  role: Role;
  projectId?: string;
}

/** A membership and its place in the list. */
export interface ListedMember {
  key: string;
  item: Membership;
}

const read = (row: Row): Membership => ({
  userId: row.user_id,
  role: row.role,
  orgId: row.org_id,
  ...(row.project_id !== null && { projectId: row.project_id }),
  createdAt: row.created_at.toISOString(),
});

const SAME_ROLE = 'org_id = $1 and user_id = $2 and role = $3 and project_id is not distinct from $4';
const parameters = ({ orgId, userId, role, projectId }: RoleOf) => [orgId, userId, role, projectId ?? null];

export class MemberStore {
  /** Held until the transaction ends; afterwards the version that the person's next change has. */
  async nextVersion(db: Db, orgId: string, userId: string): Promise<number> {
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`catalog.member ${orgId} ${userId}`]);
    const [{ next }] = await db.query<{ next: number }>(
      'select coalesce(max(version), 0) + 1 as next from catalog.member where org_id = $1 and user_id = $2',
      [orgId, userId],
    );
    return next;
  }

  async find(db: Db, of: RoleOf): Promise<Membership | undefined> {
    const [row] = await db.query<Row>(`select * from catalog.member where ${SAME_ROLE} and removed_at is null`, parameters(of));
    return row && read(row);
  }

  async give(db: Db, of: RoleOf, version: number, at: Date): Promise<Membership> {
    const [row] = await db.query<Row>(
      `insert into catalog.member (org_id, user_id, role, project_id, id, version, created_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (org_id, user_id, role, project_id)
       do update set id = excluded.id, version = excluded.version, created_at = excluded.created_at, removed_at = null
       returning *`,
      [...parameters(of), newUuid(), version, at],
    );
    return read(row);
  }

  /** False when the person does not hold the role. */
  async take(db: Db, of: RoleOf, version: number, at: Date): Promise<boolean> {
    const rows = await db.query(
      `update catalog.member set version = $5, removed_at = $6 where ${SAME_ROLE} and removed_at is null returning id`,
      [...parameters(of), version, at],
    );
    return rows.length > 0;
  }

  async list(db: Db, orgId: string, { before, limit }: Keyset): Promise<ListedMember[]> {
    const rows = await db.query<Row>(
      'select * from catalog.member where org_id = $1 and id < $2 and removed_at is null order by id desc limit $3',
      [orgId, before, limit + 1],
    );
    return rows.map((row) => ({ key: row.id, item: read(row) }));
  }

  async ofUser(db: Db, userId: string): Promise<Membership[]> {
    const rows = await db.query<Row>('select * from catalog.member where user_id = $1 and removed_at is null order by id', [
      userId,
    ]);
    return rows.map(read);
  }
}
