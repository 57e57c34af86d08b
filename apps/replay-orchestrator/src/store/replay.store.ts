import { Injectable } from '@nestjs/common';
import type { ListReplays, ReplayMode, ReplayProgress } from '@reenact/contracts';
import type { Keyset, Transaction } from '@reenact/persistence';
import type { ReplayRecord } from '../domain/replay.js';
import type { Queryable } from './queryable.js';
import { replayPage } from './replay-page.js';

/** A replay with how far its run is. */
export interface StoredReplay {
  record: ReplayRecord;
  progress: ReplayProgress | null;
}

interface Row {
  body: ReplayRecord;
  progress: ReplayProgress | null;
}

const toStored = ({ body, progress }: Row): StoredReplay => ({ record: body, progress });

@Injectable()
export class ReplayStore {
  async insert(tx: Transaction, record: ReplayRecord): Promise<void> {
    await tx.query(
      `insert into replay_orchestrator.replay
         (id, org_id, project_id, environment_id, artifact_id, incident_id, mode, state, start_by, due_at, body, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $10)`,
      [
        record.id,
        record.orgId,
        record.projectId,
        record.environmentId,
        record.artifactId,
        record.incidentId ?? null,
        record.mode,
        record.state,
        record.startBy,
        record.createdAt,
        JSON.stringify(record),
      ],
    );
  }

  async read(query: Queryable, id: string): Promise<StoredReplay | undefined> {
    const [row] = await query.query<Row>('select body, progress from replay_orchestrator.replay where id = $1', [id]);
    return row && toStored(row);
  }

  /** Locked in the order of their ids, so that batches do not wait for each other in a circle. */
  async lock(tx: Transaction, ids: readonly string[]): Promise<Map<string, StoredReplay>> {
    const rows = await tx.query<Row>(
      'select body, progress from replay_orchestrator.replay where id = any($1) order by id for update',
      [[...new Set(ids)]],
    );
    return new Map(rows.map((row) => [row.body.id, toStored(row)]));
  }

  /** What was asked for and not checked yet, for us alone until `until`. */
  async claimDue(tx: Transaction, at: string, until: string, limit: number): Promise<{ record: ReplayRecord; tries: number }[]> {
    const rows = await tx.query<Row & { tries: number }>(
      `update replay_orchestrator.replay set due_at = $2
       where id in (select id from replay_orchestrator.replay where due_at <= $1 order by due_at limit $3 for update skip locked)
       returning body, tries`,
      [at, until, limit],
    );
    return rows.map(({ body, tries }) => ({ record: body, tries }));
  }

  async tryAgain(query: Queryable, id: string, dueAt: string): Promise<void> {
    await query.query(
      'update replay_orchestrator.replay set due_at = $2, tries = tries + 1 where id = $1 and due_at is not null',
      [id, dueAt],
    );
  }

  /** Those whose start-by has passed before they started, and whose run was not withdrawn yet. */
  async lateIds(query: Queryable, at: string, limit: number): Promise<string[]> {
    const rows = await query.query<{ id: string }>(
      `select id from replay_orchestrator.replay
       where state in ('requested', 'checking', 'reserving', 'dispatching') and withdrawal is null and start_by <= $1
       order by start_by limit $2`,
      [at, limit],
    );
    return rows.map(({ id }) => id);
  }

  async save(tx: Transaction, records: readonly ReplayRecord[]): Promise<void> {
    if (records.length === 0) return;
    await tx.query(
      `update replay_orchestrator.replay r
       set state = x.state, withdrawal = x.withdrawal, holds_slot = x.holds_slot, body = x.body,
         due_at = case when x.state in ('requested', 'checking') then r.due_at end
       from unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::jsonb[]) as x(id, state, withdrawal, holds_slot, body)
       where r.id = x.id`,
      [
        records.map(({ id }) => id),
        records.map(({ state }) => state),
        records.map(({ withdrawal }) => withdrawal ?? null),
        records.map(({ holdsSlot }) => holdsSlot),
        records.map((record) => JSON.stringify(record)),
      ],
    );
  }

  /** How far runs are, of rows that are locked; an older reading changes nothing, nor does one of a replay that ended without a start. */
  async saveProgress(
    tx: Transaction,
    readings: readonly { id: string; mode: ReplayMode; version: number; progress: ReplayProgress }[],
  ): Promise<void> {
    if (readings.length === 0) return;
    await tx.query(
      `update replay_orchestrator.replay r set progress = x.progress, progress_version = x.version
       from unnest($1::text[], $2::int[], $3::jsonb[], $4::text[]) as x(id, version, progress, mode)
       where r.id = x.id and r.mode = x.mode and r.progress_version < x.version and (r.body ? 'startedAt' or not r.body ? 'endedAt')`,
      [
        readings.map(({ id }) => id),
        readings.map(({ version }) => version),
        readings.map(({ progress }) => JSON.stringify(progress)),
        readings.map(({ mode }) => mode),
      ],
    );
  }

  /** Newest first, one more than `limit`. */
  async list(query: Queryable, filter: ListReplays, keyset: Keyset): Promise<StoredReplay[]> {
    const { text, params } = replayPage(filter, keyset);
    return (await query.query<Row>(text, params)).map(toStored);
  }
}
