import type { Escalation, EscalationKind, EscalationState, ListEscalations, ResourceScope, Scope } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Finding } from '../domain/finding.js';
import type { Db } from './db.js';
import { listQuery } from './list-query.js';

interface Row {
  id: string;
  org_id: string;
  project_id: string | null;
  environment_id: string | null;
  kind: EscalationKind;
  subject: string;
  state: EscalationState;
  incident_id: string | null;
  agent_id: string | null;
  evidence: object;
  remedy: string;
  count: number;
  opened_at: Date;
  acknowledged_by: string | null;
  closed_at: Date | null;
  revision: number;
}

/** An escalation, and the version of its aggregate. */
export interface StoredEscalation {
  escalation: Escalation;
  version: number;
}

const read = (row: Row): StoredEscalation => ({
  escalation: {
    id: row.id,
    kind: row.kind,
    state: row.state,
    ...(row.incident_id !== null && { incidentId: row.incident_id }),
    ...(row.agent_id !== null && { agentId: row.agent_id }),
    orgId: row.org_id,
    ...(row.project_id !== null && { projectId: row.project_id }),
    ...(row.environment_id !== null && { environmentId: row.environment_id }),
    subject: row.subject,
    evidence: row.evidence,
    remedy: row.remedy,
    count: row.count,
    openedAt: row.opened_at.toISOString(),
    ...(row.acknowledged_by !== null && { acknowledgedBy: row.acknowledged_by }),
    ...(row.closed_at !== null && { closedAt: row.closed_at.toISOString() }),
    createdAt: row.opened_at.toISOString(),
  },
  version: row.revision,
});

export class EscalationStore {
  /** Undefined when one of that kind and subject is open. */
  async insert(db: Db, id: string, finding: Finding, scope: Scope, at: Date): Promise<StoredEscalation | undefined> {
    const [row] = await db.query<Row>(
      `insert into incident.escalation
         (id, org_id, project_id, environment_id, kind, subject, incident_id, agent_id, artifact_id, evidence, remedy, count, opened_at, last_seen_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, $12, $12)
       on conflict (kind, subject) where state <> 'closed' do nothing returning *`,
      [
        id,
        scope.orgId,
        scope.projectId ?? null,
        scope.environmentId ?? null,
        finding.kind,
        finding.subject,
        finding.incidentId ?? null,
        finding.agentId ?? null,
        finding.artifactId ?? null,
        JSON.stringify(finding.evidence),
        finding.remedy,
        at,
      ],
    );
    return row && read(row);
  }

  /** The one that is open or acknowledged. */
  async lockLive(db: Db, kind: EscalationKind, subject: string): Promise<StoredEscalation | undefined> {
    const [row] = await db.query<Row>(
      "select * from incident.escalation where kind = $1 and subject = $2 and state <> 'closed' for no key update",
      [kind, subject],
    );
    return row && read(row);
  }

  async lock(db: Db, id: string): Promise<StoredEscalation | undefined> {
    const [row] = await db.query<Row>('select * from incident.escalation where id = $1 for no key update', [id]);
    return row && read(row);
  }

  /** It was found again. */
  async count(db: Db, id: string, evidence: object, at: Date): Promise<void> {
    await db.query(
      `update incident.escalation set count = count + 1, evidence = $2, last_seen_at = greatest(last_seen_at, $3) where id = $1`,
      [id, JSON.stringify(evidence), at],
    );
  }

  async setEvidence(db: Db, id: string, evidence: object): Promise<void> {
    await db.query('update incident.escalation set evidence = $2 where id = $1', [id, JSON.stringify(evidence)]);
  }

  async acknowledge(db: Db, id: string, by: string): Promise<StoredEscalation> {
    const [row] = await db.query<Row>(
      `update incident.escalation set state = 'acknowledged', acknowledged_by = $2, revision = revision + 1
       where id = $1 returning *`,
      [id, by],
    );
    return read(row);
  }

  async close(db: Db, id: string, at: Date): Promise<StoredEscalation> {
    const [row] = await db.query<Row>(
      `update incident.escalation set state = 'closed', closed_at = $2, revision = revision + 1 where id = $1 returning *`,
      [id, at],
    );
    return read(row);
  }

  /**
   * Those that heal by quiet: refusals and lost heartbeats after a while without a further one; lost uploads once somebody has taken
   * note, after a longer while. Those that another replica holds are passed over.
   */
  async lockQuiet(db: Db, of: { since: Date; notedSince: Date; limit: number }): Promise<StoredEscalation[]> {
    const rows = await db.query<Row>(
      `select * from incident.escalation
       where state <> 'closed' and (
         (kind = 'agent_refusals' or (kind = 'sequence_gap' and evidence ->> 'sequence' = 'heartbeat')) and last_seen_at < $1
         or kind = 'sequence_gap' and state = 'acknowledged' and last_seen_at < $2
       ) order by id limit $3 for no key update skip locked`,
      [of.since, of.notedSince, of.limit],
    );
    return rows.map(read);
  }

  async link(db: Db, artifactId: string, incidentId: string): Promise<void> {
    await db.query('update incident.escalation set incident_id = $2 where artifact_id = $1', [artifactId, incidentId]);
  }

  /** Of the incident itself and of its agent, newest first. */
  async around(db: Db, incidentId: string, agentId: string | undefined, limit: number): Promise<Escalation[]> {
    const rows = await db.query<Row>(
      `select * from (
         (select * from incident.escalation where incident_id = $1 order by id desc limit $3)
         union
         (select * from incident.escalation where agent_id = $2 order by id desc limit $3)
       ) e order by id desc limit $3`,
      [incidentId, agentId ?? null, limit],
    );
    return rows.map((row) => read(row).escalation);
  }

  async list(db: Db, of: ListEscalations, keyset: Keyset): Promise<Escalation[]> {
    const [query, parameters] = listQuery(of.orgId, keyset, {
      project_id: of.projectIds,
      environment_id: of.environmentId,
      incident_id: of.incidentId,
      agent_id: of.agentId,
      kind: of.kind,
      state: of.state,
    });
    const rows = await db.query<Row>(`select * from incident.escalation ${query}`, parameters);
    return rows.map((row) => read(row).escalation);
  }

  async scopeOf(db: Db, id: string): Promise<ResourceScope | undefined> {
    const [row] = await db.query<Row>('select * from incident.escalation where id = $1', [id]);
    if (!row) return undefined;
    const { orgId, projectId, environmentId } = read(row).escalation;
    return { id, orgId, ...(projectId && { projectId }), ...(environmentId && { environmentId }) };
  }
}
