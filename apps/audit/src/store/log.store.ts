import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import type { PlacedEntry } from '../domain/log-append.js';

/** Heads and entries of all logs. */
@Injectable()
export class LogStore {
  /** Makes the event ids known as sealed; answers those that were not before. */
  async claimEvents(tx: Transaction, ids: string[]): Promise<Set<string>> {
    // Sorted, so that two replicas with the same events wait for each other instead of deadlocking.
    const rows = await tx.query<{ event_id: string }>(
      `insert into audit.sealed_event (event_id) select id from unnest($1::text[]) as id order by id
       on conflict do nothing returning event_id`,
      [[...ids].sort()],
    );
    return new Set(rows.map((row) => row.event_id));
  }

  /** The size of a log, locked until the end of the transaction: writers queue here instead of failing at the fence. */
  async lockHead(tx: Transaction, log: string): Promise<number> {
    await tx.query('insert into audit.head (log) values ($1) on conflict do nothing', [log]);
    const [head] = await tx.query<{ size: number }>('select size from audit.head where log = $1 for update', [log]);
    return head.size;
  }

  /** The fence: the append stands only if the log had this size. */
  async moveHead(tx: Transaction, log: string, from: number, to: number): Promise<void> {
    const moved = await tx.query('update audit.head set size = $3 where log = $1 and size = $2 returning size', [log, from, to]);
    if (moved.length !== 1) throw new Problem('try_later', { detail: `log ${log} has grown past ${from}` });
  }

  async insertEntries(tx: Transaction, log: string, placed: PlacedEntry[]): Promise<void> {
    const column = <T>(pick: (one: PlacedEntry) => T) => placed.map(pick);
    await tx.query(
      `insert into audit.entry
         (log, leaf_index, body, leaf_hash, actor_name, at, type, category, outcome, actor_id, subject_id, correlation_id)
       select $1, * from unnest($2::bigint[], $3::text[], $4::bytea[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[],
         $10::text[], $11::text[], $12::text[])`,
      [
        log,
        column(({ entry }) => entry.index),
        column(({ bytes }) => bytes),
        column(({ leafHash }) => leafHash),
        column(({ draft }) => draft.actorName ?? null),
        column(({ entry }) => entry.at),
        column(({ entry }) => entry.type),
        column(({ entry }) => entry.category),
        column(({ entry }) => entry.outcome),
        column(({ entry }) => entry.actor.id),
        column(({ entry }) => entry.subject.id),
        column(({ entry }) => entry.correlationId),
      ],
    );
    const detached = placed.flatMap(({ entry, draft }) => draft.detached.map((value) => ({ index: entry.index, ...value })));
    if (detached.length === 0) return;
    await tx.query(
      `insert into audit.detached_value (log, leaf_index, pointer, salt, value)
       select $1, * from unnest($2::bigint[], $3::text[], $4::bytea[], $5::text[])`,
      [
        log,
        detached.map(({ index }) => index),
        detached.map(({ pointer }) => pointer),
        detached.map(({ salt }) => salt),
        detached.map(({ value }) => JSON.stringify(value)),
      ],
    );
  }
}
