import type { Db } from './db.js';

interface ArtifactRow {
  artifact: object;
  incident_id: string | null;
}

const read = ({ artifact, incident_id }: ArtifactRow): object => ({
  ...artifact,
  ...(incident_id !== null && { incidentId: incident_id }),
});

/** Artifacts, as far as their events tell. */
export class EvidenceStore {
  /**
   * Held until the transaction ends by whoever links an artifact to its incident, or looks for that link: the one who comes second
   * sees what the first one did, so nothing about an artifact stays without its incident.
   */
  async lock(db: Db, artifactIds: readonly string[]): Promise<void> {
    const keys = [...new Set(artifactIds)].sort().map((id) => `incident.artifact ${id}`);
    await db.query('select pg_advisory_xact_lock(hashtextextended(key, 0)) from unnest($1::text[]) as k (key)', [keys]);
  }

  async incidentsOf(db: Db, artifactIds: readonly string[]): Promise<Map<string, string>> {
    const rows = await db.query<{ id: string; incident_id: string }>(
      'select id, incident_id from incident.artifact where id = any($1) and incident_id is not null',
      [artifactIds],
    );
    return new Map(rows.map(({ id, incident_id }) => [id, incident_id]));
  }

  async specHashOf(db: Db, artifactId: string): Promise<string | undefined> {
    const [row] = await db.query<{ spec_hash: string | null }>(
      "select artifact ->> 'specHash' as spec_hash from incident.artifact where id = $1",
      [artifactId],
    );
    return row?.spec_hash ?? undefined;
  }

  /** False when it is known already. */
  async insert(
    db: Db,
    of: { id: string; incidentId?: string; agentId: string; type: string; artifact: object },
  ): Promise<boolean> {
    const rows = await db.query(
      `insert into incident.artifact (id, incident_id, agent_id, type, artifact) values ($1, $2, $3, $4, $5)
       on conflict (id) do nothing returning id`,
      [of.id, of.incidentId ?? null, of.agentId, of.type, JSON.stringify(of.artifact)],
    );
    return rows.length > 0;
  }

  async ofIncident(db: Db, incidentId: string, limit: number): Promise<object[]> {
    const rows = await db.query<ArtifactRow>(
      'select artifact, incident_id from incident.artifact where incident_id = $1 order by id desc limit $2',
      [incidentId, limit],
    );
    return rows.map(read);
  }

  async snapshotsOf(db: Db, agentId: string, limit: number): Promise<object[]> {
    const rows = await db.query<ArtifactRow>(
      "select artifact, incident_id from incident.artifact where agent_id = $1 and type = 'snapshot' order by id desc limit $2",
      [agentId, limit],
    );
    return rows.map(read);
  }
}
