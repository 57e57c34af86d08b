import { Injectable, Logger } from '@nestjs/common';
import { type Envelope, MAX_DELIVERIES, Problem } from '@reenact/contracts';
import { crashPoint, type Transaction, UnitOfWork } from '@reenact/persistence';
import { DeadLetterStore, type FailureReason } from './dead-letter-store.js';
import { decode } from './decode.js';
import type { Delivery } from './delivery.js';
import { INBOX_DAYS, Inbox } from './inbox.js';
import type { ConsumerDefinition } from './jet-stream.decorator.js';
import { MetricsHooks } from './metrics-hooks.js';

/** Runs the handler of one consumer; throws what the handler threw. */
export type Handle = (batch: Envelope[], tx: Transaction) => Promise<void>;

/** One message that a handler is going to see. */
interface Item {
  delivery: Delivery;
  envelope: Envelope;
}

/** Deliveries without a recorded failure mean that a process died each time: such a message is given up untried. */
const MAX_UNEXPLAINED_DELIVERIES = 3 * MAX_DELIVERIES;
const DAY_MS = 24 * 60 * 60_000;
/** Taken only while the inbox would still know it. */
const OLDEST_MS = (INBOX_DAYS - 1) * DAY_MS;

/** Takes a batch through decode, inbox, handler, commit and acknowledgement; one by one when it fails as a whole. */
@Injectable()
export class BatchProcessor {
  private readonly logger = new Logger(BatchProcessor.name);

  constructor(
    private readonly work: UnitOfWork,
    private readonly inbox: Inbox,
    private readonly deadLetters: DeadLetterStore,
    private readonly metrics: MetricsHooks,
  ) {}

  /** Throws while the database is out of reach. */
  async ready(): Promise<void> {
    await this.work.query('select 1');
  }

  /** Settles every delivery. Throws only when the database is out of reach; what is unsettled then comes again. */
  async process(
    deliveries: Delivery[],
    definition: ConsumerDefinition,
    handle: Handle,
    backOff: (failures: number) => number,
  ): Promise<void> {
    const labels = { consumer: definition.durable };
    const items: Item[] = [];
    for (const delivery of deliveries) {
      const decoded = decode(delivery, definition);
      if (decoded.kind === 'skipped') {
        delivery.ack();
        this.metrics.count('consumer_skipped', labels);
      } else if (decoded.kind === 'unreadable') {
        await this.giveUp(delivery, decoded.messageId, definition, reasonOf(decoded.problem));
      } else if (delivery.count > MAX_UNEXPLAINED_DELIVERIES) {
        await this.giveUp(delivery, decoded.envelope.id, definition, {
          code: 'internal',
          message: `delivered ${delivery.count} times`,
        });
      } else if (Date.now() - Date.parse(decoded.envelope.time) > OLDEST_MS) {
        await this.giveUp(delivery, decoded.envelope.id, definition, {
          code: 'too_old',
          message: 'older than what the inbox remembers',
        });
      } else items.push({ delivery, envelope: decoded.envelope });
    }
    if (items.length === 0) return;
    if (items.length > 1 && (await this.tryAll(items, definition, handle))) return;
    for (const item of items) await this.tryOne(item, definition, handle, backOff);
  }

  private async tryAll(items: Item[], definition: ConsumerDefinition, handle: Handle): Promise<boolean> {
    try {
      await this.commit(items, definition, handle);
      return true;
    } catch (error) {
      await this.ready();
      this.logger.debug(`${definition.durable}: batch of ${items.length} failed, now one by one: ${String(error)}`);
      return false;
    }
  }

  private async tryOne(
    item: Item,
    definition: ConsumerDefinition,
    handle: Handle,
    backOff: (failures: number) => number,
  ): Promise<void> {
    try {
      await this.commit([item], definition, handle);
    } catch (error) {
      await this.failed(item, definition, error, backOff);
    }
  }

  /** Inbox, handler and commit, then the acknowledgements. */
  private async commit(items: Item[], { durable }: ConsumerDefinition, handle: Handle): Promise<void> {
    const byId = new Map(items.map((item) => [item.envelope.id, item]));
    const fresh = await this.work.run(async (tx) => {
      const taken = await this.inbox.take(tx, durable, [...byId.keys()]);
      const batch = [...byId.values()].filter((item) => taken.has(item.envelope.id));
      if (batch.length > 0)
        await handle(
          batch.map((item) => item.envelope),
          tx,
        );
      const retried = batch.filter((item) => item.delivery.count > 1).map((item) => item.envelope.id);
      if (retried.length > 0) await this.deadLetters.forgetFailures(tx, durable, retried);
      return batch.length;
    });
    crashPoint('consumer.after-commit-before-ack');
    for (const { delivery } of items) delivery.ack();
    this.metrics.count('consumer_handled', { consumer: durable }, fresh);
    this.metrics.count('consumer_duplicates', { consumer: durable }, items.length - fresh);
  }

  private async failed(
    { delivery, envelope }: Item,
    definition: ConsumerDefinition,
    error: unknown,
    backOff: (n: number) => number,
  ) {
    const { durable } = definition;
    const reason = reasonOf(error);
    this.metrics.count('consumer_failures', { consumer: durable });
    // When the database is away this throws: an outage is not the message's fault and is not counted against it.
    const failures = await this.work.run((tx) => this.deadLetters.recordFailure(tx, durable, envelope.id, reason));
    if (failures >= MAX_DELIVERIES || (error instanceof Problem && error.retry === 'never')) {
      await this.giveUp(delivery, envelope.id, definition, reason);
    } else {
      this.logger.warn(`${durable}: ${envelope.type} ${envelope.id} failed (${failures}): ${describe(error)}`);
      delivery.retryIn(backOff(failures));
    }
  }

  /** The dead letter is committed before the message is terminated; it counts as handled, should it come again. */
  private async giveUp(
    delivery: Delivery,
    messageId: string,
    { durable }: ConsumerDefinition,
    reason: FailureReason,
  ): Promise<void> {
    await this.work.run(async (tx) => {
      if ((await this.inbox.take(tx, durable, [messageId])).size > 0) {
        await this.deadLetters.add(tx, durable, messageId, delivery, reason);
      }
    });
    delivery.term();
    this.metrics.count('consumer_dead_letters', { consumer: durable });
    this.logger.error(`${durable}: ${delivery.subject} ${messageId} is a dead letter: ${reason.code}: ${reason.message}`);
  }
}

/** What is kept of an error: no stack, no values. */
export function reasonOf(error: unknown): FailureReason {
  if (error instanceof Problem) {
    const { errors } = error.options;
    return { code: error.code, message: error.message, ...(errors && { errors }) };
  }
  return { code: 'internal', message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
