import { Injectable } from '@nestjs/common';
import type { Transaction } from '@reenact/persistence';
import type { UseRecord } from '../domain/approval.js';

interface Row {
  approval_id: string;
  replay_id: string;
  state: UseRecord['state'];
  version: number;
  code: string | null;
}

export const useKey = ({ approvalId, replayId }: Pick<UseRecord, 'approvalId' | 'replayId'>): string =>
  `${approvalId}/${replayId}`;

/** Uses are guarded by the lock of their approval's row. */
@Injectable()
export class UseStore {
  async read(tx: Transaction, pairs: readonly Pick<UseRecord, 'approvalId' | 'replayId'>[]): Promise<Map<string, UseRecord>> {
    const rows = await tx.query<Row>(
      `select approval_id, replay_id, state, version, code from approval.use
       where (approval_id, replay_id) in (select * from unnest($1::text[], $2::text[]))`,
      [pairs.map(({ approvalId }) => approvalId), pairs.map(({ replayId }) => replayId)],
    );
    return new Map(rows.map(toRecord).map((use) => [useKey(use), use]));
  }

  async save(tx: Transaction, uses: readonly UseRecord[]): Promise<void> {
    if (uses.length === 0) return;
    await tx.query(
      `insert into approval.use (approval_id, replay_id, state, version, code)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[])
       on conflict (approval_id, replay_id) do update set state = excluded.state, version = excluded.version, code = excluded.code`,
      [
        uses.map(({ approvalId }) => approvalId),
        uses.map(({ replayId }) => replayId),
        uses.map(({ state }) => state),
        uses.map(({ version }) => version),
        uses.map(({ code }) => code ?? null),
      ],
    );
  }
}

function toRecord({ approval_id, replay_id, state, version, code }: Row): UseRecord {
  return { approvalId: approval_id, replayId: replay_id, state, version, ...(code !== null && { code }) };
}
