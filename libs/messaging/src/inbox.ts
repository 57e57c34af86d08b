import { Inject, Injectable } from '@nestjs/common';
import { SCHEMA, type Transaction, UnitOfWork } from '@reenact/persistence';

/** How long a handled message is remembered. Older ones are not taken at all, so that forgetting cannot make a second effect. */
export const INBOX_DAYS = 90;

/** What each consumer has handled. */
@Injectable()
export class Inbox {
  constructor(
    @Inject(SCHEMA) private readonly schema: string,
    private readonly work: UnitOfWork,
  ) {}

  /** Records messages as handled in this transaction; answers the ids that were not before. */
  async take(tx: Transaction, consumer: string, messageIds: readonly string[]): Promise<Set<string>> {
    // Sorted, so that two batches with the same messages wait for each other instead of deadlocking.
    const rows = await tx.query<{ message_id: string }>(
      `insert into ${this.schema}.inbox (consumer, message_id)
       select $1, id from unnest($2::text[]) as id order by id
       on conflict do nothing returning message_id`,
      [consumer, [...messageIds].sort()],
    );
    return new Set(rows.map((row) => row.message_id));
  }

  /** Deletes what is older than its use: inbox rows, failures of messages long gone, remembered answers. */
  async prune(): Promise<void> {
    await this.work.query(`delete from ${this.schema}.inbox where received_at < now() - $1 * interval '1 day'`, [INBOX_DAYS]);
    await this.work.query(`delete from ${this.schema}.failed_delivery where at < now() - $1 * interval '1 day'`, [INBOX_DAYS]);
    await this.work.query(`delete from ${this.schema}.idempotency where created_at < now() - interval '24 hours'`);
  }
}
