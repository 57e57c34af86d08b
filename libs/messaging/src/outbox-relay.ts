import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { BrokerState } from './broker-state.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { MetricsHooks } from './metrics-hooks.js';
import { NATS } from './nats-connection.js';
import { OutboxReconciler } from './outbox-reconciler.js';
import { type OutboxRow, OutboxStore, type Published } from './outbox-store.js';

const BATCH = 200;
const PUBLISH_TIMEOUT_MS = 5_000;
const RECONCILE_MS = 60_000;

/** The only publisher of commands and events: takes committed rows to their streams, and again when a stream has lost them. */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly client: JetStreamClient;
  private readonly timers: NodeJS.Timeout[] = [];
  private wanted = { sweep: false, reconcile: false };
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    private readonly broker: BrokerState,
    private readonly work: UnitOfWork,
    private readonly store: OutboxStore,
    private readonly reconciler: OutboxReconciler,
    private readonly metrics: MetricsHooks,
  ) {
    this.client = jetstream(nc);
  }

  onApplicationBootstrap(): void {
    const sweepMs = this.options.outboxSweepMs ?? Number(process.env.REENACT_OUTBOX_SWEEP_MS ?? 1000);
    this.timers.push(setInterval(() => this.nudge(), sweepMs).unref());
    this.timers.push(setInterval(() => this.reconcile(), this.options.outboxReconcileMs ?? RECONCILE_MS).unref());
    this.broker.on('up', () => this.reconcile());
    this.reconcile();
  }

  /** Looks for unpublished rows now. Never waits, never throws. */
  nudge(): void {
    this.wanted.sweep = true;
    this.wake();
  }

  /** Compares what was published with what the streams have now. Never waits, never throws. */
  reconcile(): void {
    this.wanted.reconcile = true;
    this.nudge();
  }

  /** Ends the timers, publishes what is committed by now as far as the broker takes it, and waits for that. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.nudge();
    this.stopped = true;
    await this.running;
  }

  private wake(): void {
    if (this.running || this.stopped) return;
    this.running = this.turns().finally(() => {
      this.running = undefined;
    });
  }

  private async turns(): Promise<void> {
    try {
      while (this.broker.connected && (this.wanted.reconcile || this.wanted.sweep)) {
        const { reconcile } = this.wanted;
        this.wanted = { sweep: false, reconcile: false };
        if (reconcile) await this.reconciler.run();
        while ((await this.publishSome()) === BATCH);
      }
    } catch (error) {
      // The rows are safe; the next sweep tries again.
      if (this.broker.connected) this.logger.warn(`outbox not published yet: ${String(error)}`);
    }
  }

  /** Answers how many rows were published; throws after the commit when some were not, so that they wait for the next sweep. */
  private async publishSome(): Promise<number> {
    const { published, failures } = await this.work.run(async (tx) => {
      // What a crash forgets here is published again, and known by its id: nothing waits for the disk.
      void tx.query('set local synchronous_commit = off').catch(() => undefined);
      const rows = await this.store.claim(tx, BATCH);
      const created = new Map<string, string>();
      for (const stream of new Set(rows.map((row) => row.stream))) created.set(stream, await this.reconciler.created(stream));
      const results = await Promise.allSettled(rows.map((row) => this.publish(row, created.get(row.stream) as string)));
      const acknowledged = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      if (acknowledged.length > 0) await this.store.markPublished(tx, acknowledged);
      return { published: acknowledged.length, failures: results.filter((result) => result.status === 'rejected') };
    });
    if (failures.length > 0) {
      this.metrics.count('outbox_publish_failures', {}, failures.length);
      // The stream may be gone, or another one is under its name.
      this.wanted.reconcile = true;
      throw failures[0].reason;
    }
    return published;
  }

  private async publish(row: OutboxRow, streamCreated: string): Promise<Published> {
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
