import type { Db } from './db.js';

/** Refusals of one kind, over some minutes. */
export interface RefusedCount {
  status: number;
  code: string;
  count: number;
}

/** What events say of agents. */
export class AgentHealthStore {
  /** False when a newer event was faster. */
  async project(db: Db, of: { agentId: string; state: string; version: number }): Promise<boolean> {
    const rows = await db.query(
      `insert into incident.agent_health as h (agent_id, state, version) values ($1, $2, $3)
       on conflict (agent_id) do update set state = excluded.state, version = excluded.version where h.version < excluded.version
       returning agent_id`,
      [of.agentId, of.state, of.version],
    );
    return rows.length > 0;
  }

  /** Counts are told in parts and added up. Answers what the agent was refused since a time. */
  async refused(db: Db, of: RefusedCount & { agentId: string; minute: string }, since: Date): Promise<RefusedCount[]> {
    await db.query(
      `insert into incident.agent_refusal as r (agent_id, minute, status, code, count) values ($1, $2, $3, $4, $5)
       on conflict (agent_id, minute, status, code) do update set count = r.count + excluded.count`,
      [of.agentId, of.minute, of.status, of.code, of.count],
    );
    return db.query<RefusedCount>(
      `select status, code, sum(count)::integer as count from incident.agent_refusal
       where agent_id = $1 and minute > $2 group by status, code order by count desc, code`,
      [of.agentId, since],
    );
  }

  async forgetRefusals(db: Db, before: Date): Promise<void> {
    await db.query('delete from incident.agent_refusal where minute < $1', [before]);
  }
}
