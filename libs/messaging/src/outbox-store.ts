import { Inject, Injectable } from '@nestjs/common';
import { SCHEMA, type Transaction, UnitOfWork } from '@reenact/persistence';
import type { StreamName } from './subjects.js';

export interface OutboxRow {
  id: string;
  stream: StreamName;
  subject: string;
  headers: Record<string, string>;
  payload: string;
}

/** Where a stream keeps a published row. */
export interface Published {
  id: string;
  streamCreated: string;
  seq: number;
}

/** A row and its sequence in its stream. */
export interface PublishedRow {
  id: string;
  seq: number;
}

/** The filter of a consumer as a regular expression, and the highest sequence up to which it has acknowledged everything. */
export interface AckFloor {
  durable: string;
  pattern: string;
  /** Undefined: the broker does not know this consumer now. */
  floor?: number;
}

const SHORT = 5_000;

/** The SQL of the relay. */
@Injectable()
export class OutboxStore {
  constructor(
    @Inject(SCHEMA) private readonly schema: string,
    private readonly work: UnitOfWork,
  ) {}

  /** Rows nobody else publishes now; they stay locked to the end of the transaction. Young ones may be on their way from memory. */
  claim(
    tx: Transaction,
    { olderThanMs, except, limit }: { olderThanMs: number; except: string[]; limit: number },
  ): Promise<OutboxRow[]> {
    return tx.query<OutboxRow>(
      `select id, stream, subject, headers, payload from ${this.schema}.outbox
       where published_at is null and created_at <= now() - $1 * interval '1 millisecond' and id <> all($2::text[])
       order by position limit $3 for update skip locked`,
      [olderThanMs, except, limit],
    );
  }

  async markPublished(tx: Transaction, published: Published[]): Promise<void> {
    await tx.query(
      `update ${this.schema}.outbox o set published_at = now(), stream_created = p.created, stream_seq = p.seq
       from unnest($1::text[], $2::text[], $3::bigint[]) as p(id, created, seq) where o.id = p.id`,
      [published.map((p) => p.id), published.map((p) => p.streamCreated), published.map((p) => p.seq)],
    );
  }

  /** Gives back to the relay what another incarnation of the stream had, or what has fallen off its start. Answers how many. */
  async reopenForgotten(stream: StreamName, created: string, firstSeq: number): Promise<number> {
    return this.count(
      `update ${this.schema}.outbox set published_at = null, stream_created = null, stream_seq = null
       where stream = $1 and published_at is not null and (stream_created <> $2 or stream_seq < $3) returning 1`,
      [stream, created, firstSeq],
    );
  }

  /** Gives back to the relay everything from a sequence on. Answers how many. */
  async reopenFrom(stream: StreamName, created: string, seq: number): Promise<number> {
    return this.count(
      `update ${this.schema}.outbox set published_at = null, stream_created = null, stream_seq = null
       where stream = $1 and published_at is not null and stream_created = $2 and stream_seq >= $3 returning 1`,
      [stream, created, seq],
    );
  }

  async publishedCount(stream: StreamName, created: string, upToSeq: number): Promise<number> {
    const [row] = await this.work.query<{ n: number }>(
      `select count(*) as n from ${this.schema}.outbox
       where stream = $1 and published_at is not null and stream_created = $2 and stream_seq <= $3`,
      [stream, created, upToSeq],
    );
    return row.n;
  }

  /** The published row with the highest sequence up to one, or the row that many places before it. */
  async publishedUpTo(stream: StreamName, created: string, upToSeq: number, before: number): Promise<PublishedRow | undefined> {
    const [row] = await this.work.query<PublishedRow>(
      `select id, stream_seq as seq from ${this.schema}.outbox
       where stream = $1 and published_at is not null and stream_created = $2 and stream_seq <= $3
       order by stream_seq desc offset $4 limit 1`,
      [stream, created, upToSeq, before],
    );
    return row;
  }

  /** Remembers the consumers of a stream, and forgets those not seen for a week. Answers all that are known. */
  async rememberConsumers(
    stream: StreamName,
    seen: { durable: string; filter: string }[],
  ): Promise<{ durable: string; filter: string }[]> {
    await this.work.query(
      `insert into ${this.schema}.known_consumer (stream, durable, filter)
       select $1, * from unnest($2::text[], $3::text[])
       on conflict (stream, durable) do update set filter = excluded.filter, seen_at = now()`,
      [stream, seen.map((s) => s.durable), seen.map((s) => s.filter)],
    );
    await this.work.query(`delete from ${this.schema}.known_consumer where stream = $1 and seen_at < now() - interval '7 days'`, [
      stream,
    ]);
    return this.work.query(`select durable, filter from ${this.schema}.known_consumer where stream = $1`, [stream]);
  }

  /** Deletes rows that at least one consumer is meant to read and that all such consumers have acknowledged. Answers how many. */
  async pruneAcknowledged(stream: StreamName, created: string, consumers: AckFloor[]): Promise<number> {
    return this.count(
      `with consumer as (select * from unnest($3::text[], $4::bigint[]) as c(pattern, floor))
       delete from ${this.schema}.outbox where id in (
         select o.id from ${this.schema}.outbox o
         where o.stream = $1 and o.published_at is not null and o.stream_created = $2
           and exists (select 1 from consumer c where o.subject ~ c.pattern)
           and not exists (select 1 from consumer c where o.subject ~ c.pattern and (c.floor is null or c.floor < o.stream_seq))
         limit ${SHORT}
       ) returning 1`,
      [stream, created, consumers.map((c) => c.pattern), consumers.map((c) => c.floor ?? null)],
    );
  }

  /** Deletes published rows that are older than what the stream would keep, and that none of the patterns wants. */
  async pruneUnwanted(stream: StreamName, olderThanMs: number, patterns: string[]): Promise<number> {
    return this.count(
      `delete from ${this.schema}.outbox where id in (
         select id from ${this.schema}.outbox
         where stream = $1 and published_at < now() - $2 * interval '1 millisecond' and not (subject ~ any($3::text[]))
         limit ${SHORT}
       ) returning 1`,
      [stream, olderThanMs, patterns],
    );
  }

  private async count(sql: string, params: unknown[]): Promise<number> {
    return (await this.work.query(sql, params)).length;
  }
}
