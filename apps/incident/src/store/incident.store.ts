import type { Incident, IncidentState, ListIncidents, ResourceScope, Severity } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';
import { listQuery } from './list-query.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  title: string;
  severity: Severity;
  state: IncidentState;
  fingerprint: string;
  occurrences: number;
  agent_id: string | null;
  deployment_id: string | null;
  assignee: string | null;
  labels: Record<string, string>;
  first_seen_at: Date;
  last_seen_at: Date;
  created_at: Date;
  changed_at: Date;
  revision: number;
}

/** An incident, and when it was changed last. */
export interface StoredIncident {
  incident: Incident;
  changedAt: Date;
}

const read = (row: Row): StoredIncident => ({
  incident: {
    id: row.id,
    title: row.title,
    severity: row.severity,
    state: row.state,
    fingerprint: row.fingerprint,
    occurrences: row.occurrences,
    orgId: row.org_id,
    projectId: row.project_id,
    environmentId: row.environment_id,
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    ...(row.deployment_id !== null && { deploymentId: row.deployment_id }),
    ...(row.assignee !== null && { assignee: row.assignee }),
    labels: row.labels,
    firstSeenAt: row.first_seen_at.toISOString(),
    lastSeenAt: row.last_seen_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    revision: row.revision,
  },
  changedAt: row.changed_at,
});

export class IncidentStore {
  /** Undefined when the environment has an incident of that fingerprint. */
  async insert(db: Db, incident: Incident): Promise<Incident | undefined> {
    const [row] = await db.query<Row>(
      `insert into incident.incident
         (id, org_id, project_id, environment_id, title, severity, state, fingerprint, occurrences, agent_id, deployment_id, assignee,
          labels, first_seen_at, last_seen_at, created_at, changed_at, revision)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, $17)
       on conflict (environment_id, fingerprint) do nothing returning *`,
      [
        incident.id,
        incident.orgId,
        incident.projectId,
        incident.environmentId,
        incident.title,
        incident.severity,
        incident.state,
        incident.fingerprint,
        incident.occurrences,
        incident.agentId ?? null,
        incident.deploymentId ?? null,
        incident.assignee ?? null,
        JSON.stringify(incident.labels),
        incident.firstSeenAt,
        incident.lastSeenAt,
        incident.createdAt,
        incident.revision,
      ],
    );
    return row && read(row).incident;
  }

  async lockByFingerprint(db: Db, environmentId: string, fingerprint: string): Promise<Incident> {
    const [row] = await db.query<Row>(
      'select * from incident.incident where environment_id = $1 and fingerprint = $2 for no key update',
      [environmentId, fingerprint],
    );
    return read(row).incident;
  }

  async lock(db: Db, id: string): Promise<Incident | undefined> {
    const [row] = await db.query<Row>('select * from incident.incident where id = $1 for no key update', [id]);
    return row && read(row).incident;
  }

  async find(db: Db, id: string): Promise<StoredIncident | undefined> {
    const [row] = await db.query<Row>('select * from incident.incident where id = $1', [id]);
    return row && read(row);
  }

  /** The incident's next revision. */
  async save(db: Db, incident: Incident, at: Date): Promise<Incident> {
    const [row] = await db.query<Row>(
      `update incident.incident
       set title = $2, severity = $3, state = $4, occurrences = $5, agent_id = $6, deployment_id = $7, assignee = $8,
           first_seen_at = $9, last_seen_at = $10, changed_at = $11, revision = revision + 1
       where id = $1 returning *`,
      [
        incident.id,
        incident.title,
        incident.severity,
        incident.state,
        incident.occurrences,
        incident.agentId ?? null,
        incident.deploymentId ?? null,
        incident.assignee ?? null,
        incident.firstSeenAt,
        incident.lastSeenAt,
        at,
      ],
    );
    return read(row).incident;
  }

  async list(db: Db, of: ListIncidents, keyset: Keyset): Promise<Incident[]> {
    const [query, parameters] = listQuery(of.orgId, keyset, {
      project_id: of.projectIds,
      environment_id: of.environmentId,
      state: of.state,
      severity: of.severity,
      agent_id: of.agentId,
    });
    const rows = await db.query<Row>(`select * from incident.incident ${query}`, parameters);
    return rows.map((row) => read(row).incident);
  }

  async scopeOf(db: Db, id: string): Promise<ResourceScope | undefined> {
    const [row] = await db.query<Row>('select id, org_id, project_id, environment_id from incident.incident where id = $1', [id]);
    return row && { id: row.id, orgId: row.org_id, projectId: row.project_id, environmentId: row.environment_id };
  }
}
