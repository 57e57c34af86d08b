import { Inject, Injectable } from '@nestjs/common';
import { newUuid } from '@reenact/contracts';
import { SCHEMA, type Transaction, UnitOfWork } from '@reenact/persistence';
import type { Delivery } from './delivery.js';

/** One failed try of a message. */
export interface FailedDelivery {
  n: number;
  at: string;
  reason: FailureReason;
}

export interface FailureReason {
  code: string;
  message: string;
  errors?: unknown;
}

/** A message that was given up, as it was received. */
export interface DeadLetter {
  id: string;
  consumer: string;
  messageId: string;
  stream: string;
  subject: string;
  headers: Record<string, string>;
  payload: Uint8Array;
  reason: FailureReason;
  history: FailedDelivery[];
  createdAt: Date;
  redrivenAt: Date | null;
}

const COLUMNS = `id, consumer, message_id as "messageId", stream, subject, headers, payload, reason, history,
  created_at as "createdAt", redriven_at as "redrivenAt"`;

/** The SQL of failures and dead letters. */
@Injectable()
export class DeadLetterStore {
  constructor(
    @Inject(SCHEMA) private readonly schema: string,
    private readonly work: UnitOfWork,
  ) {}

  /** Records a failure; answers how many there are now. */
  async recordFailure(tx: Transaction, consumer: string, messageId: string, reason: FailureReason): Promise<number> {
    const [row] = await tx.query<{ n: number }>(
      `insert into ${this.schema}.failed_delivery (consumer, message_id, n, reason)
       select $1, $2, coalesce(max(n), 0) + 1, $3::jsonb from ${this.schema}.failed_delivery where consumer = $1 and message_id = $2
       on conflict (consumer, message_id, n) do update set at = now() returning n`,
      [consumer, messageId, JSON.stringify(reason)],
    );
    return row.n;
  }

  async forgetFailures(tx: Transaction, consumer: string, messageIds: string[]): Promise<void> {
    await tx.query(`delete from ${this.schema}.failed_delivery where consumer = $1 and message_id = any($2::text[])`, [
      consumer,
      messageIds,
    ]);
  }

  /** Keeps a message that is given up, with the history of its failures. */
  async add(tx: Transaction, consumer: string, messageId: string, delivery: Delivery, reason: FailureReason): Promise<void> {
    await tx.query(
      `insert into ${this.schema}.dead_letter (id, consumer, message_id, stream, subject, headers, payload, reason, history)
       select $1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, coalesce(
         (select jsonb_agg(jsonb_build_object('n', n, 'at', at, 'reason', f.reason) order by n)
          from ${this.schema}.failed_delivery f where f.consumer = $2 and f.message_id = $3), '[]')
       on conflict (consumer, message_id) do nothing`,
      [
        newUuid(),
        consumer,
        messageId,
        delivery.stream,
        delivery.subject,
        JSON.stringify(delivery.headers()),
        Buffer.from(delivery.payload),
        JSON.stringify(reason),
      ],
    );
    await this.forgetFailures(tx, consumer, [messageId]);
  }

  /** Open dead letters, oldest first, after the given one. */
  list(options: { consumer?: string; after?: string; limit: number }): Promise<DeadLetter[]> {
    return this.work.query<DeadLetter>(
      `select ${COLUMNS} from ${this.schema}.dead_letter
       where redriven_at is null and ($1::text is null or consumer = $1)
         and ($2::uuid is null or id > $2)
       order by id limit $3`,
      [options.consumer ?? null, options.after ?? null, options.limit],
    );
  }

  /** An open dead letter, locked to the end of the transaction. */
  async lock(tx: Transaction, id: string): Promise<DeadLetter | undefined> {
    const [row] = await tx.query<DeadLetter>(
      `select ${COLUMNS} from ${this.schema}.dead_letter where id = $1 and redriven_at is null for update`,
      [id],
    );
    return row;
  }

  async markRedriven(tx: Transaction, id: string): Promise<void> {
    await tx.query(`update ${this.schema}.dead_letter set redriven_at = now() where id = $1`, [id]);
  }

  /** Adds a failed redrive to the history. */
  async addFailure(id: string, reason: FailureReason): Promise<void> {
    await this.work.query(
      `update ${this.schema}.dead_letter
       set history = history || jsonb_build_object('n', jsonb_array_length(history) + 1, 'at', now(), 'reason', $2::jsonb) where id = $1`,
      [id, JSON.stringify(reason)],
    );
  }
}
