import type { ApprovalDecision } from '@reenact/contracts';
import type { Db } from './db.js';
import type { Projected } from './replay.store.js';

export class ApprovalStore {
  /** A use is told by events of another aggregate, so it is not undone by what is said of the approval itself. */
  async project(db: Db, { id, artifactId, incidentId, version, fields }: Projected, decision?: ApprovalDecision): Promise<void> {
    const decisions = JSON.stringify(decision ? [decision] : []);
    await db.query(
      `insert into incident.approval as a (id, artifact_id, incident_id, version, approval, decisions)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (id) do update
       set version = greatest(a.version, excluded.version),
           decisions = a.decisions || excluded.decisions,
           approval = case
             when a.version >= excluded.version then excluded.approval || a.approval
             when a.approval ->> 'state' = 'used' then a.approval || (excluded.approval - array['createdAt', 'state'])
             else a.approval || (excluded.approval - 'createdAt')
           end`,
      [id, artifactId, incidentId ?? null, version, JSON.stringify(fields), decisions],
    );
  }

  /** The approval's artifact; undefined when the approval is not known (yet). */
  async use(db: Db, id: string, replayId: string): Promise<string | undefined> {
    const [row] = await db.query<{ artifact_id: string }>(
      'update incident.approval set approval = approval || $2 where id = $1 returning artifact_id',
      [id, JSON.stringify({ state: 'used', replayId })],
    );
    return row?.artifact_id;
  }

  async link(db: Db, artifactId: string, incidentId: string): Promise<void> {
    await db.query('update incident.approval set incident_id = $2 where artifact_id = $1', [artifactId, incidentId]);
  }

  async ofIncident(db: Db, incidentId: string, limit: number): Promise<object[]> {
    const rows = await db.query<{ approval: object; decisions: object[] }>(
      'select approval, decisions from incident.approval where incident_id = $1 order by id desc limit $2',
      [incidentId, limit],
    );
    return rows.map(({ approval, decisions }) => ({ ...approval, decisions }));
  }
}
