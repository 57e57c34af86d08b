import type { AgentKey, ArtifactLimits, KeyScope, KeyUse, VerifiedKey } from '@reenact/contracts';
import type { Db } from './db.js';

interface Row {
  id: string;
  agent_id: string;
  scopes: KeyScope[];
  created_at: Date;
  last_used_at: Date | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

interface VerifyRow extends Row {
  hash: string;
  agent_state: string;
  environment_state: string;
  artifact_limits: ArtifactLimits | null;
  org_id: string;
  project_id: string;
  environment_id: string;
}

const read = (row: Row): AgentKey => ({
  id: row.id,
  scopes: row.scopes,
  createdAt: row.created_at.toISOString(),
  ...(row.last_used_at && { lastUsedAt: row.last_used_at.toISOString() }),
  ...(row.expires_at && { expiresAt: row.expires_at.toISOString() }),
  ...(row.revoked_at && { revokedAt: row.revoked_at.toISOString() }),
});

const outcomeOf = (row: VerifyRow, now: Date): VerifiedKey['outcome'] => {
  // What an archived environment let in is let in no more, like with every key taken away.
  if (row.revoked_at || row.environment_state === 'archived') return 'revoked';
  if (row.expires_at && row.expires_at <= now) return 'expired';
  return row.agent_state === 'disabled' ? 'agent_disabled' : 'valid';
};

/** How many keys of an agent are shown: the newest. */
const SHOWN = 20;

export class KeyStore {
  async insert(
    db: Db,
    key: { id: string; agentId: string; hash: string; scopes: KeyScope[]; createdAt: Date },
  ): Promise<AgentKey> {
    const [row] = await db.query<Row>(
      'insert into catalog.agent_key (id, agent_id, hash, scopes, created_at) values ($1, $2, $3, $4, $5) returning *',
      [key.id, key.agentId, key.hash, key.scopes, key.createdAt],
    );
    return read(row);
  }

  /** Revokes all live keys of an agent but a number of them: the newest, and before all others one that is to stay. Answers the ids of those revoked. */
  async revokeAllBut(db: Db, of: { agentId: string; newest: string; stays?: string; kept: number }, at: Date): Promise<string[]> {
    const rows = await db.query<{ id: string }>(
      `update catalog.agent_key set revoked_at = $5
       where id in (
         select id from catalog.agent_key
         where agent_id = $1 and revoked_at is null and (expires_at is null or expires_at > $5)
         order by id = $2 desc, id is not distinct from $3 desc, id desc offset $4
       ) returning id`,
      [of.agentId, of.newest, of.stays ?? null, of.kept, at],
    );
    return rows.map(({ id }) => id);
  }

  /** Gives a live key another secret; answers undefined when it is none any more. */
  async replaceSecret(db: Db, key: { id: string; agentId: string; hash: string }, at: Date): Promise<AgentKey | undefined> {
    const [row] = await db.query<Row>(
      `update catalog.agent_key set hash = $3
       where id = $1 and agent_id = $2 and revoked_at is null and (expires_at is null or expires_at > $4) returning *`,
      [key.id, key.agentId, key.hash, at],
    );
    return row && read(row);
  }

  async find(db: Db, agentId: string, keyId: string): Promise<AgentKey | undefined> {
    const [row] = await db.query<Row>('select * from catalog.agent_key where agent_id = $1 and id = $2', [agentId, keyId]);
    return row && read(row);
  }

  async revoke(db: Db, keyId: string, at: Date): Promise<AgentKey> {
    const [row] = await db.query<Row>('update catalog.agent_key set revoked_at = $2 where id = $1 returning *', [keyId, at]);
    return read(row);
  }

  /** The newest keys of each agent, newest first. */
  async ofAgents(db: Db, agentIds: readonly string[]): Promise<Map<string, AgentKey[]>> {
    const rows = await db.query<Row>(
      `select k.* from unnest($1::text[]) a (id)
       cross join lateral (select * from catalog.agent_key where agent_id = a.id order by id desc limit ${SHOWN}) k`,
      [agentIds],
    );
    const keys = new Map<string, AgentKey[]>(agentIds.map((id) => [id, []]));
    for (const row of rows) keys.get(row.agent_id)?.push(read(row));
    return keys;
  }

  async verify(db: Db, hashes: readonly string[], now: Date): Promise<VerifiedKey[]> {
    const rows = await db.query<VerifyRow>(
      `select k.*, a.state as agent_state, e.state as environment_state, e.artifact_limits, a.org_id, a.project_id, a.environment_id
       from catalog.agent_key k join catalog.agent a on a.id = k.agent_id join catalog.environment e on e.id = a.environment_id
       where k.hash = any($1)`,
      [hashes],
    );
    const byHash = new Map(rows.map((row) => [row.hash, row]));
    return hashes.map((keyHash): VerifiedKey => {
      const row = byHash.get(keyHash);
      if (!row) return { keyHash, outcome: 'unknown' };
      return {
        keyHash,
        outcome: outcomeOf(row, now),
        keyId: row.id,
        agentId: row.agent_id,
        orgId: row.org_id,
        projectId: row.project_id,
        environmentId: row.environment_id,
        scopes: row.scopes,
        ...(row.artifact_limits && { artifactLimits: row.artifact_limits }),
      };
    });
  }

  /** The newest use of each key wins over what is known. Answers how many keys it changed. */
  async recordUses(db: Db, uses: readonly KeyUse[]): Promise<number> {
    const rows = await db.query<{ id: string }>(
      `with newest as (
         select key_id, agent_id, max(at) as at
         from unnest($1::text[], $2::text[], $3::timestamptz[]) as r (key_id, agent_id, at)
         group by key_id, agent_id
       ), locked as (
         select id from catalog.agent_key where id in (select key_id from newest) order by id for no key update
       )
       update catalog.agent_key k set last_used_at = n.at
       from newest n join locked on locked.id = n.key_id
       where k.id = n.key_id and k.agent_id = n.agent_id and (k.last_used_at is null or k.last_used_at < n.at)
       returning k.id`,
      [uses.map(({ keyId }) => keyId), uses.map(({ agentId }) => agentId), uses.map(({ at }) => at)],
    );
    return rows.length;
  }
}
