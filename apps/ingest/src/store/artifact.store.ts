import { Injectable } from '@nestjs/common';
import { type ArtifactEntry, type ListArtifacts, Problem } from '@reenact/contracts';
import { keysetOf, type Transaction } from '@reenact/persistence';
import type { JournalPoint } from '@reenact/pipeline';
import type { ArtifactRow } from '../domain/artifact-row.js';
import type { Queryable } from './queryable.js';

/** An entry with the place of its bytes in the unpacked archive. */
export interface StoredEntry extends ArtifactEntry {
  start: number;
  /** Of a journal; records that were made before this was kept have none. */
  points?: JournalPoint[];
}

@Injectable()
export class ArtifactStore {
  async find(db: Queryable, id: string): Promise<ArtifactRow> {
    const [row] = await db.query<ArtifactRow>('select * from ingest.artifact where id = $1', [id]);
    if (!row) throw new Problem('not_found');
    return row;
  }

  async findOfAgent(db: Queryable, agentId: string, sha256: string, type?: string): Promise<ArtifactRow | undefined> {
    const [row] = await db.query<ArtifactRow>(
      `select * from ingest.artifact where agent_id = $1 and sha256 = $2 and ($3::text is null or type = $3) order by id limit 1`,
      [agentId, sha256, type ?? null],
    );
    return row;
  }

  /** Answers undefined when the agent has that artifact already. */
  async insert(
    tx: Transaction,
    row: Omit<ArtifactRow, 'state' | 'incident_id'>,
    entries: StoredEntry[],
  ): Promise<ArtifactRow | undefined> {
    const values = { ...row, redactions: JSON.stringify(row.redactions) };
    const columns = Object.keys(values);
    const [stored] = await tx.query<ArtifactRow>(
      `insert into ingest.artifact (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
       on conflict (agent_id, type, sha256) do nothing returning *`,
      Object.values(values),
    );
    if (!stored) return undefined;
    await tx.query('insert into ingest.artifact_entries (artifact_id, entries) values ($1, $2)', [
      row.id,
      JSON.stringify(entries),
    ]);
    return stored;
  }

  async entries(db: Queryable, artifactId: string): Promise<StoredEntry[]> {
    const [row] = await db.query<{ entries: StoredEntry[] }>(
      'select entries from ingest.artifact_entries where artifact_id = $1',
      [artifactId],
    );
    if (!row) throw new Problem('not_found');
    return row.entries;
  }

  /** Up to one more than `limit`, newest first. */
  async list(db: Queryable, query: ListArtifacts): Promise<{ rows: ArtifactRow[]; limit: number }> {
    const { before, limit } = keysetOf(query);
    const conditions = ['org_id = $1', 'id < $2'];
    const values: unknown[] = [query.orgId, before];
    const narrow = (condition: string, value: unknown) => {
      if (value === undefined) return;
      values.push(value);
      conditions.push(condition.replace('?', `$${values.length}`));
    };
    narrow('project_id = any(?)', query.projectIds);
    narrow('environment_id = ?', query.environmentId);
    narrow('agent_id = ?', query.agentId);
    narrow('incident_id = ?', query.incidentId);
    narrow('type = ?', query.type);
    narrow('spec_hash = ?', query.specHash);
    narrow('captured_at >= ?', query.capturedFrom);
    narrow('captured_at <= ?', query.capturedTo);
    const rows = await db.query<ArtifactRow>(
      `select * from ingest.artifact where ${conditions.join(' and ')} order by id desc limit ${limit + 1}`,
      values,
    );
    return { rows, limit };
  }

  async linkIncident(tx: Transaction, artifactId: string, incidentId: string): Promise<void> {
    await tx.query('update ingest.artifact set incident_id = $2 where id = $1', [artifactId, incidentId]);
  }
}
