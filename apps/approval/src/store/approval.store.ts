import { Injectable } from '@nestjs/common';
import type { DsseEnvelope, ListApprovals } from '@reenact/contracts';
import type { Keyset, Transaction } from '@reenact/persistence';
import type { ApprovalRecord } from '../domain/approval.js';
import { approvalPage } from './approval-page.js';
import type { Queryable } from './queryable.js';

interface Row {
  body: ApprovalRecord;
}

const COLUMNS = `id, org_id, project_id, environment_id, artifact_id, dry_run_id, state, not_before, due_at, replay_id, body, created_at`;

@Injectable()
export class ApprovalStore {
  async insert(tx: Transaction, record: ApprovalRecord): Promise<void> {
    await tx.query(`insert into approval.request (${COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, [
      record.id,
      record.orgId,
      record.projectId,
      record.environmentId,
      record.artifactId,
      record.dryRunId ?? null,
      record.state,
      record.notBefore ?? null,
      dueAt(record),
      record.replayId ?? null,
      JSON.stringify(record),
      record.createdAt,
    ]);
  }

  async read(query: Queryable, id: string): Promise<ApprovalRecord | undefined> {
    const [row] = await query.query<Row>('select body from approval.request where id = $1', [id]);
    return row?.body;
  }

  async credential(
    query: Queryable,
    id: string,
  ): Promise<{ approval: ApprovalRecord; envelope: DsseEnvelope | null } | undefined> {
    const [row] = await query.query<Row & { credential: DsseEnvelope | null }>(
      'select body, credential from approval.request where id = $1',
      [id],
    );
    return row && { approval: row.body, envelope: row.credential };
  }

  /** Locked in the order of their ids, so that batches do not wait for each other in a circle. */
  async lock(tx: Transaction, ids: readonly string[]): Promise<Map<string, ApprovalRecord>> {
    const rows = await tx.query<Row>('select body from approval.request where id = any($1) order by id for update', [
      [...new Set(ids)],
    ]);
    return new Map(rows.map(({ body }) => [body.id, body]));
  }

  async save(tx: Transaction, records: readonly ApprovalRecord[]): Promise<void> {
    if (records.length === 0) return;
    await tx.query(
      `update approval.request r set state = x.state, due_at = x.due_at, replay_id = x.replay_id, body = x.body
       from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::jsonb[]) as x(id, state, due_at, replay_id, body)
       where r.id = x.id`,
      [
        records.map(({ id }) => id),
        records.map(({ state }) => state),
        records.map(dueAt),
        records.map(({ replayId }) => replayId ?? null),
        records.map((record) => JSON.stringify(record)),
      ],
    );
  }

  async saveCredential(tx: Transaction, id: string, envelope: DsseEnvelope): Promise<void> {
    await tx.query('update approval.request set credential = $2 where id = $1', [id, JSON.stringify(envelope)]);
  }

  /** Those whose time is over, for us alone. */
  async lockDue(tx: Transaction, at: string, limit: number): Promise<ApprovalRecord[]> {
    const rows = await tx.query<Row>(
      'select body from approval.request where due_at <= $1 order by due_at limit $2 for update skip locked',
      [at, limit],
    );
    return rows.map(({ body }) => body);
  }

  /** Newest first, one more than `limit`. */
  async list(query: Queryable, filter: ListApprovals, keyset: Keyset, at: string): Promise<ApprovalRecord[]> {
    const { text, params } = approvalPage(filter, keyset, at);
    return (await query.query<Row>(text, params)).map(({ body }) => body);
  }
}

/** When it expires by itself. */
function dueAt({ state, decideBy, useBy }: ApprovalRecord): string | null {
  if (state === 'pending') return decideBy;
  return state === 'approved' ? (useBy ?? null) : null;
}
