import type { Db } from './db.js';

/** A projected aggregate: what the newest event says, over what older ones said. */
export interface Projected {
  id: string;
  artifactId: string;
  incidentId: string | undefined;
  version: number;
  fields: object;
}

export class ReplayStore {
  /** False when a newer event was faster. */
  async project(db: Db, { id, artifactId, incidentId, version, fields }: Projected): Promise<boolean> {
    const rows = await db.query(
      `insert into incident.replay as r (id, artifact_id, incident_id, version, replay) values ($1, $2, $3, $4, $5)
       on conflict (id) do update
       set version = excluded.version, replay = r.replay || (excluded.replay - 'createdAt')
       where r.version < excluded.version returning id`,
      [id, artifactId, incidentId ?? null, version, JSON.stringify(fields)],
    );
    return rows.length > 0;
  }

  async artifactOf(db: Db, id: string): Promise<string | undefined> {
    const [row] = await db.query<{ artifact_id: string }>('select artifact_id from incident.replay where id = $1', [id]);
    return row?.artifact_id;
  }

  async link(db: Db, artifactId: string, incidentId: string): Promise<void> {
    await db.query('update incident.replay set incident_id = $2 where artifact_id = $1', [artifactId, incidentId]);
  }

  async ofIncident(db: Db, incidentId: string, limit: number): Promise<object[]> {
    const rows = await db.query<{ replay: object }>(
      'select replay from incident.replay where incident_id = $1 order by id desc limit $2',
      [incidentId, limit],
    );
    return rows.map(({ replay }) => ({ ...replay, incidentId }));
  }
}
