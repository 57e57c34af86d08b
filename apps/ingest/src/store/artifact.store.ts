import { Injectable } from '@nestjs/common';
import { type ArtifactEntry, type ListArtifacts, Problem } from '@reenact/contracts';
import { keysetOf, type Transaction } from '@reenact/persistence';
import type { JournalPoint, RestartPoint } from '@reenact/pipeline';
import type { ArtifactRow } from '../domain/artifact-row.js';
import type { Queryable } from './queryable.js';

/** An entry with the place of its bytes in the unpacked archive. */
export interface StoredEntry extends ArtifactEntry {
  start: number;
  /** Of a journal; records that were made before this was kept have none. */
  points?: JournalPoint[];
  /** In a blocked gzip: where readers may begin to unpack. */
  restarts?: RestartPoint[];
}

export type NewArtifactRow = Omit<ArtifactRow, 'state' | 'incident_id'>;

export interface ArtifactToStore {
  row: NewArtifactRow;
  entries: StoredEntry[];
}

/** What a new record has, with its types: many are inserted as one array per column. */
const COLUMNS: Record<keyof NewArtifactRow, string> = {
  id: 'text',
  type: 'text',
  sha256: 'text',
  size: 'bigint',
  unpacked_size: 'bigint',
  compressed: 'boolean',
  format: 'text',
  org_id: 'text',
  project_id: 'text',
  environment_id: 'text',
  agent_id: 'text',
  deployment_id: 'text',
  spec_hash: 'text',
  captured_at: 'timestamptz',
  received_at: 'timestamptz',
  boot_id: 'text',
  sequence: 'bigint',
  records: 'bigint',
  stream_id: 'text',
  redactions: 'jsonb',
  not_replayable: 'text',
};
const COLUMN_NAMES = Object.keys(COLUMNS) as (keyof NewArtifactRow)[];
const GIVEN_COLUMNS = COLUMN_NAMES.join(', ');
const GIVEN_TYPES = [...Object.values(COLUMNS), 'jsonb'].map((type, index) => `$${index + 1}::${type}[]`).join(', ');

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

  /** Answers the records that are new by their ids; an agent has an artifact once. */
  async insert(tx: Transaction, artifacts: readonly ArtifactToStore[]): Promise<Map<string, ArtifactRow>> {
    const stored = await tx.query<ArtifactRow>(
      `with given as (select * from unnest(${GIVEN_TYPES}) as given(${GIVEN_COLUMNS}, entries)),
       stored as (
         insert into ingest.artifact (${GIVEN_COLUMNS}) select ${GIVEN_COLUMNS} from given
         on conflict (agent_id, type, sha256) do nothing returning *
       ), listed as (
         insert into ingest.artifact_entries (artifact_id, entries) select id, given.entries from given join stored using (id)
       )
       select * from stored`,
      [
        ...COLUMN_NAMES.map((name) =>
          artifacts.map(({ row }) => (name === 'redactions' ? JSON.stringify(row[name]) : row[name])),
        ),
        artifacts.map(({ entries }) => JSON.stringify(entries)),
      ],
    );
    return new Map(stored.map((row) => [row.id, row]));
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
