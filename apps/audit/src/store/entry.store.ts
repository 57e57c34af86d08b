import { Injectable } from '@nestjs/common';
import { type AuditEntry, type ListEntries, Problem, type SealedEntry } from '@reenact/contracts';
import type { Queryable } from './queryable.js';

interface EntryRow {
  leaf_index: number;
  body: string;
  leaf_hash: Buffer;
  actor_name: string | null;
}

const COLUMNS = 'leaf_index, body, leaf_hash, actor_name';

/** Sealed entries, as they are read. */
@Injectable()
export class EntryStore {
  /** Newest first, below `before`. */
  async list(db: Queryable, filter: ListEntries, before: number, limit: number): Promise<SealedEntry[]> {
    const where = ['log = $1', 'leaf_index < $2'];
    const params: unknown[] = [filter.log, before, limit];
    const add = (condition: string, value: string | undefined) => {
      if (value !== undefined) where.push(`${condition} $${params.push(value)}`);
    };
    add('at >=', filter.from);
    add('at <', filter.to);
    add('actor_id =', filter.actor);
    add('subject_id =', filter.subject);
    add('type =', filter.type);
    add('category =', filter.category);
    add('outcome =', filter.outcome);
    add('correlation_id =', filter.correlationId);
    const rows = await db.query<EntryRow>(
      `select ${COLUMNS} from audit.entry where ${where.join(' and ')} order by leaf_index desc limit $3`,
      params,
    );
    return rows.map(toSealed);
  }

  /** Throws `not_found`. */
  async read(db: Queryable, log: string, index: number): Promise<SealedEntry> {
    const [row] = await this.range(db, log, index, index + 1, 1);
    if (!row) throw new Problem('not_found');
    return toSealed(row);
  }

  async readRange(db: Queryable, log: string, from: number, to: number, limit: number): Promise<SealedEntry[]> {
    return (await this.range(db, log, from, to, limit)).map(toSealed);
  }

  /** The bytes whose hashes the leaves are. */
  async readBytes(db: Queryable, log: string, from: number, to: number): Promise<Buffer[]> {
    return (await this.range(db, log, from, to, to - from)).map(({ body }) => Buffer.from(body));
  }

  private range(db: Queryable, log: string, from: number, to: number, limit: number): Promise<EntryRow[]> {
    return db.query<EntryRow>(
      `select ${COLUMNS} from audit.entry where log = $1 and leaf_index >= $2 and leaf_index < $3 order by leaf_index limit $4`,
      [log, from, to, limit],
    );
  }
}

function toSealed({ leaf_index, body, leaf_hash, actor_name }: EntryRow): SealedEntry {
  return {
    index: leaf_index,
    leafHash: leaf_hash.toString('base64'),
    entry: JSON.parse(body) as AuditEntry,
    ...(actor_name !== null && { actorName: actor_name }),
  };
}
