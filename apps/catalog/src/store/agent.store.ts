import type { Agent, AgentKey, AgentReading, ResourceScope } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  name: string;
  labels: Record<string, string>;
  state: Agent['state'];
  version: number;
  last_heartbeat_at: Date | null;
  last_status: Agent['lastStatus'] | null;
  boot_id: string | null;
  last_sequence: number | null;
  created_at: Date;
}

/** An agent without its keys, and the version of its aggregate. */
export type StoredAgent = Omit<Agent, 'keys'> & { version: number };

const read = (row: Row): StoredAgent => ({
  id: row.id,
  name: row.name,
  orgId: row.org_id,
  projectId: row.project_id,
  environmentId: row.environment_id,
  labels: row.labels,
  state: row.state,
  ...(row.last_heartbeat_at && { lastHeartbeatAt: row.last_heartbeat_at.toISOString() }),
  ...(row.last_status && { lastStatus: row.last_status }),
  ...(row.boot_id !== null && { bootId: row.boot_id }),
  ...(row.last_sequence !== null && { lastSequence: row.last_sequence }),
  createdAt: row.created_at.toISOString(),
  version: row.version,
});

/** The agent as others see it. */
export function withKeys({ version: _version, ...agent }: StoredAgent, keys: AgentKey[]): Agent {
  const { createdAt, ...rest } = agent;
  return { ...rest, keys, createdAt };
}

export interface NewAgent {
  id: string;
  scope: Required<Omit<ResourceScope, 'id'>>;
  name: string;
  labels: Record<string, string>;
  createdAt: Date;
}

export class AgentStore {
  async insert(db: Db, { id, scope, name, labels, createdAt }: NewAgent): Promise<StoredAgent> {
    const [row] = await db.query<Row>(
      `insert into catalog.agent (id, org_id, project_id, environment_id, name, labels, created_at)
       values ($1, $2, $3, $4, $5, $6, $7) returning *`,
      [id, scope.orgId, scope.projectId, scope.environmentId, name, JSON.stringify(labels), createdAt],
    );
    return read(row);
  }

  /** The names in an environment that begin with a text. */
  async namesLike(db: Db, environmentId: string, base: string): Promise<Set<string>> {
    const rows = await db.query<{ name: string }>(
      'select name from catalog.agent where environment_id = $1 and starts_with(name, $2)',
      [environmentId, base],
    );
    return new Set(rows.map(({ name }) => name));
  }

  async find(db: Db, id: string): Promise<StoredAgent | undefined> {
    const [row] = await db.query<Row>('select * from catalog.agent where id = $1', [id]);
    return row && read(row);
  }

  async lock(db: Db, id: string): Promise<StoredAgent | undefined> {
    const [row] = await db.query<Row>('select * from catalog.agent where id = $1 for no key update', [id]);
    return row && read(row);
  }

  async list(db: Db, environmentId: string, { before, limit }: Keyset): Promise<StoredAgent[]> {
    const rows = await db.query<Row>(
      'select * from catalog.agent where environment_id = $1 and id < $2 order by id desc limit $3',
      [environmentId, before, limit + 1],
    );
    return rows.map(read);
  }

  async setState(db: Db, id: string, state: 'active' | 'disabled'): Promise<StoredAgent> {
    const [row] = await db.query<Row>('update catalog.agent set state = $2, version = version + 1 where id = $1 returning *', [
      id,
      state,
    ]);
    return read(row);
  }

  /** The state of each agent that a batch of readings is about; they stay as they are until the transaction ends. */
  async lockAll(db: Db, readings: readonly AgentReading[]): Promise<Map<string, Agent['state']>> {
    const rows = await db.query<Pick<Row, 'id' | 'state'>>(
      'select id, state from catalog.agent where id = any($1) order by id for no key update',
      [[...new Set(readings.map(({ agentId }) => agentId))]],
    );
    return new Map(rows.map(({ id, state }) => [id, state]));
  }

  /** The newest reading of each agent wins over what is known, however the batches arrive. Answers the agents that it changed. */
  async record(db: Db, readings: readonly AgentReading[]): Promise<StoredAgent[]> {
    const rows = await db.query<Row>(
      `with newest as (
         select distinct on (agent_id) *
         from unnest($1::text[], $2::timestamptz[], $3::text[], $4::bigint[], $5::text[]) as r (agent_id, at, boot_id, sequence, status)
         order by agent_id, at desc, sequence desc
       )
       update catalog.agent a
       set last_heartbeat_at = n.at, boot_id = n.boot_id, last_sequence = n.sequence, last_status = n.status,
           state = case a.state when 'silent' then 'active' else a.state end,
           version = case a.state when 'silent' then a.version + 1 else a.version end
       from newest n
       where a.id = n.agent_id
         and (a.last_heartbeat_at is null or (n.at, n.sequence) > (a.last_heartbeat_at, a.last_sequence))
       returning a.*`,
      [
        readings.map((reading) => reading.agentId),
        readings.map((reading) => reading.at),
        readings.map((reading) => reading.bootId),
        readings.map((reading) => reading.sequence),
        readings.map((reading) => reading.status),
      ],
    );
    return rows.map(read);
  }

  /** Active agents that were heard last before a time become silent; those that another replica holds are passed over. */
  async fallSilent(db: Db, heardBefore: Date, limit: number): Promise<StoredAgent[]> {
    const rows = await db.query<Row>(
      `update catalog.agent set state = 'silent', version = version + 1
       where id in (
         select id from catalog.agent where state = 'active' and last_heartbeat_at < $1
         order by last_heartbeat_at limit $2 for no key update skip locked
       ) returning *`,
      [heardBefore, limit],
    );
    return rows.map(read);
  }
}
