import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { BrokerState } from './broker-state.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { OutboxPublisher } from './outbox-publisher.js';
import { OutboxReconciler } from './outbox-reconciler.js';
import { type OutboxRow, OutboxStore, type Published } from './outbox-store.js';

const BATCH = 200;
const RECONCILE_MS = 60_000;
/** Rows that are published from memory at once; more are left to the sweep. */
const MOST_IN_FLIGHT = 1_000;
/** What was published is noted for many at once: a crash in between publishes them again, and they are known by their ids. */
const NOTE_AFTER_MS = 50;

/**
 * The only publisher of commands and events: takes committed rows to their streams at once, by a sweep those for which that failed, and
 * again all that a stream has lost.
 */
@Injectable()
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutboxRelay.name);
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly sweepMs: number;
  private wanted = { sweep: false, reconcile: false };
  private running: Promise<void> | undefined;
  private stopped = false;
  /** From the commit until they are noted as published. */
  private readonly inFlight = new Set<string>();
  private readonly publishing = new Set<Promise<void>>();
  private unnoted: Published[] = [];
  private noting: Promise<void> | undefined;

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    private readonly broker: BrokerState,
    private readonly work: UnitOfWork,
    private readonly store: OutboxStore,
    private readonly publisher: OutboxPublisher,
    private readonly reconciler: OutboxReconciler,
  ) {
    this.sweepMs = options.outboxSweepMs ?? Number(process.env.REENACT_OUTBOX_SWEEP_MS ?? 1000);
  }

  onApplicationBootstrap(): void {
    this.timers.push(setInterval(() => this.sweep(), this.sweepMs).unref());
    this.timers.push(setInterval(() => this.reconcile(), this.options.outboxReconcileMs ?? RECONCILE_MS).unref());
    this.broker.on('up', () => this.reconcile());
    this.reconcile();
  }

  /** Publishes rows whose transaction has just been committed; what fails is left to the sweep. Never waits, never throws. */
  publish(rows: readonly OutboxRow[]): void {
    if (!this.broker.connected || this.stopped || this.inFlight.size + rows.length > MOST_IN_FLIGHT) return;
    for (const { id } of rows) this.inFlight.add(id);
    const publishing = this.publishNow(rows).finally(() => this.publishing.delete(publishing));
    this.publishing.add(publishing);
  }

  /** Compares what was published with what the streams have now. Never waits, never throws. */
  reconcile(): void {
    this.wanted.reconcile = true;
    this.sweep();
  }

  /** Ends the timers, publishes what is committed by now as far as the broker takes it, and waits for that. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer);
    this.stopped = true;
    await Promise.all(this.publishing);
    await this.noting;
    await this.running;
    this.wanted.sweep = true;
    await this.turns();
  }

  private sweep(): void {
    this.wanted.sweep = true;
    if (this.running || this.stopped) return;
    this.running = this.turns().finally(() => {
      this.running = undefined;
    });
  }

  private async publishNow(rows: readonly OutboxRow[]): Promise<void> {
    const { published, failures } = await this.publisher
      .publish(rows)
      .catch((error: unknown) => ({ published: [], failures: [error] }));
    this.unnoted.push(...published);
    if (published.length > 0) this.noting ??= this.note();
    if (failures.length === 0) return;
    const done = new Set(published.map(({ id }) => id));
    for (const { id } of rows) if (!done.has(id)) this.inFlight.delete(id);
    this.failed(failures[0]);
  }

  private async note(): Promise<void> {
    while (this.unnoted.length > 0) {
      await delay(NOTE_AFTER_MS, undefined, { ref: false });
      const published = this.unnoted.splice(0);
      try {
        // What a crash forgets here is published again.
        await this.work.forgettable((tx) => this.store.markPublished(tx, published));
      } catch (error) {
        this.logger.warn(`not noted as published, and so published again: ${String(error)}`);
      }
      for (const { id } of published) this.inFlight.delete(id);
    }
    this.noting = undefined;
  }

  private async turns(): Promise<void> {
    try {
      while (this.broker.connected && (this.wanted.reconcile || this.wanted.sweep)) {
        const { reconcile } = this.wanted;
        this.wanted = { sweep: false, reconcile: false };
        if (reconcile) await this.reconciler.run();
        while ((await this.publishMissed()) === BATCH);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  /** The rows are safe: the next sweep tries again. The stream may be gone, or another one is under its name. */
  private failed(error: unknown): void {
    this.wanted.reconcile = true;
    if (this.broker.connected) this.logger.warn(`outbox not published yet: ${String(error)}`);
  }

  /** Answers how many rows were published; throws after the commit when some were not. */
  private async publishMissed(): Promise<number> {
    const { published, failures } = await this.work.forgettable(async (tx) => {
      const rows = await this.store.claim(tx, {
        olderThanMs: this.stopped ? 0 : this.sweepMs,
        except: [...this.inFlight],
        limit: BATCH,
      });
      const attempt = await this.publisher.publish(rows);
      if (attempt.published.length > 0) await this.store.markPublished(tx, attempt.published);
      return attempt;
    });
    if (failures.length > 0) throw failures[0];
    return published.length;
  }
}
