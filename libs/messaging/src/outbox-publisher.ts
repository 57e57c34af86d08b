import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { MetricsHooks } from './metrics-hooks.js';
import { NATS } from './nats-connection.js';
import { OutboxReconciler } from './outbox-reconciler.js';
import type { OutboxRow, Published } from './outbox-store.js';

const PUBLISH_TIMEOUT_MS = 5_000;

/** What became of rows that were to be published. */
export interface Attempt {
  published: Published[];
  /** Why the others were not, one reason each. */
  failures: unknown[];
}

/** Puts rows of the outbox into their streams. */
@Injectable()
export class OutboxPublisher {
  private readonly client: JetStreamClient;

  constructor(
    @Inject(NATS) nc: NatsConnection,
    private readonly reconciler: OutboxReconciler,
    private readonly metrics: MetricsHooks,
  ) {
    this.client = jetstream(nc);
  }

  /** Waits for every acknowledgement. Throws when it cannot be known which streams these are. */
  async publish(rows: readonly OutboxRow[]): Promise<Attempt> {
    const created = new Map<string, string>();
    for (const stream of new Set(rows.map((row) => row.stream))) created.set(stream, await this.reconciler.created(stream));
    const results = await Promise.allSettled(rows.map((row) => this.publishOne(row, created.get(row.stream) as string)));
    const published = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (failures.length > 0) this.metrics.count('outbox_publish_failures', {}, failures.length);
    return { published, failures };
  }

  private async publishOne(row: OutboxRow, streamCreated: string): Promise<Published> {
    const carried = headers();
    for (const [name, value] of Object.entries(row.headers)) carried.set(name, value);
    const ack = await this.client.publish(row.subject, row.payload, {
      headers: carried,
      msgID: row.id,
      timeout: PUBLISH_TIMEOUT_MS,
      expect: { streamName: row.stream },
      retries: 1,
    });
    this.metrics.count('outbox_published', { stream: row.stream });
    if (ack.duplicate) this.metrics.count('outbox_duplicates', { stream: row.stream });
    return { id: row.id, streamCreated, seq: ack.seq };
  }
}
