import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import type { Queryable } from './queryable.js';

export interface StoredCheckpoint {
  size: number;
  note: string;
}

/** Signed checkpoints; all are kept. */
@Injectable()
export class CheckpointStore {
  /** Logs that have grown since their newest checkpoint, with their size. */
  unsigned(db: Queryable): Promise<{ log: string; size: number }[]> {
    return db.query<{ log: string; size: number }>(
      'select log, size from audit.head where size > checkpoint_size order by log limit 100',
    );
  }

  async insert(tx: Transaction, checkpoint: { log: string; size: number; root: Buffer; note: string }): Promise<void> {
    const { log, size, root, note } = checkpoint;
    await tx.query('insert into audit.checkpoint (log, size, root, note) values ($1, $2, $3, $4) on conflict do nothing', [
      log,
      size,
      root,
      note,
    ]);
    await tx.query('update audit.head set checkpoint_size = $2 where log = $1 and checkpoint_size < $2', [log, size]);
  }

  /** The newest checkpoint of a log. Throws `not_found` before the first. */
  async newest(db: Queryable, log: string): Promise<StoredCheckpoint> {
    const [row] = await db.query<StoredCheckpoint>(
      'select size, note from audit.checkpoint where log = $1 order by size desc limit 1',
      [log],
    );
    if (!row) throw new Problem('not_found', { detail: 'the log has no checkpoint yet' });
    return row;
  }
}
