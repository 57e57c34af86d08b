import type { EnrolmentState } from '../domain/enrolment.js';
import type { Db } from './db.js';

interface Row {
  id: string;
  environment_id: string;
  expires_at: Date;
  agent_id: string | null;
  nonce_hash: string | null;
}

export type StoredEnrolment = EnrolmentState & { id: string };

const read = (row: Row): StoredEnrolment => ({
  id: row.id,
  environmentId: row.environment_id,
  expiresAt: row.expires_at,
  ...(row.agent_id !== null && { agentId: row.agent_id }),
  ...(row.nonce_hash !== null && { nonceHash: row.nonce_hash }),
});

const BY_SECRET = `select e.* from catalog.enrolment_secret s join catalog.enrolment e on e.id = s.enrolment_id where s.hash = $1`;

export class EnrolmentStore {
  async insert(
    db: Db,
    { id, environmentId, expiresAt, at }: { id: string; environmentId: string; expiresAt: Date; at: Date },
  ): Promise<void> {
    await db.query('insert into catalog.enrolment (id, environment_id, expires_at, created_at) values ($1, $2, $3, $4)', [
      id,
      environmentId,
      expiresAt,
      at,
    ]);
  }

  async addSecret(db: Db, enrolmentId: string, hash: string): Promise<void> {
    await db.query('insert into catalog.enrolment_secret (hash, enrolment_id) values ($1, $2)', [hash, enrolmentId]);
  }

  async findBySecret(db: Db, hash: string): Promise<StoredEnrolment | undefined> {
    const [row] = await db.query<Row>(BY_SECRET, [hash]);
    return row && read(row);
  }

  /** Locked, so that of two who present it at once one is first. */
  async lockBySecret(db: Db, hash: string): Promise<StoredEnrolment | undefined> {
    const [row] = await db.query<Row>(`${BY_SECRET} for update of e`, [hash]);
    return row && read(row);
  }

  async use(db: Db, id: string, agentId: string, nonceHash: string | undefined, at: Date): Promise<void> {
    await db.query('update catalog.enrolment set agent_id = $2, nonce_hash = $3, used_at = $4 where id = $1', [
      id,
      agentId,
      nonceHash ?? null,
      at,
    ]);
  }
}
