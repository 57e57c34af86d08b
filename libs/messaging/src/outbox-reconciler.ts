import { type ConsumerInfo, type JetStreamManager, jetstreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { STREAMS, type StreamDeclaration } from '@reenact/contracts';
import { applyTopology } from './apply-topology.js';
import { BrokerState } from './broker-state.js';
import { MetricsHooks } from './metrics-hooks.js';
import { NATS } from './nats-connection.js';
import { type AckFloor, OutboxStore, type PublishedRow } from './outbox-store.js';
import { filterPattern, type StreamName } from './subjects.js';

const CARRIED = STREAMS.filter((stream) => stream.name !== 'TEL');

/** Compares published rows with what the streams have: opens again what was lost, prunes what every consumer has. */
@Injectable()
export class OutboxReconciler {
  private readonly logger = new Logger(OutboxReconciler.name);
  private known = { generation: 0, created: new Map<StreamName, string>() };
  private manager: Promise<JetStreamManager> | undefined;

  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    private readonly broker: BrokerState,
    private readonly store: OutboxStore,
    private readonly metrics: MetricsHooks,
  ) {}

  async run(): Promise<void> {
    this.forget();
    await applyTopology(this.nc);
    for (const stream of CARRIED) await this.reconcile(stream);
  }

  /** The creation time of a stream, asked for once per connection: it tells one incarnation from the next. */
  async created(stream: StreamName): Promise<string> {
    if (this.known.generation !== this.broker.generation) this.forget();
    const { created } = this.known;
    if (!created.has(stream)) created.set(stream, (await this.info(stream)).created);
    return created.get(stream) as string;
  }

  /** Forgets what was learned about the streams. */
  forget(): void {
    this.known = { generation: this.broker.generation, created: new Map() };
  }

  private async reconcile(declaration: StreamDeclaration): Promise<void> {
    const stream = declaration.name;
    const { created } = await this.info(stream);
    const floors = await this.ackFloors(stream);
    const newest = await this.store.publishedUpTo(stream, created, Number.MAX_SAFE_INTEGER, 0);
    const info = await this.info(stream);
    if (info.created !== created) throw new Error(`${stream} is being made again`);
    // In this order: what consumers have acknowledged is believed only after the messages were seen to be still in their places,
    // since others may have taken the places of a lost tail and been acknowledged there.
    const lost = newest ? await this.reopenLostTail(stream, newest, info) : 0;
    await this.prune(declaration, created, floors);
    const forgotten = await this.store.reopenForgotten(stream, info.created, info.state.first_seq);
    if (forgotten + lost === 0) return;
    this.metrics.count('outbox_republished', { stream }, forgotten + lost);
    this.logger.warn(`${stream} no longer has ${forgotten + lost} messages of this service: they are published again`);
  }

  /**
   * What a stream kept after a crash is a prefix of what it had, so the rows it lost are all above the highest row that it still
   * has. A sequence alone proves nothing, since others may have published in the meantime: the message itself is looked at.
   */
  private async reopenLostTail(stream: StreamName, newest: PublishedRow, info: StreamInfo): Promise<number> {
    if (await this.has(stream, newest, info)) return 0;
    let lost = newest;
    let missing = 0;
    let present = await this.store.publishedCount(stream, info.created, newest.seq);
    while (present - missing > 1) {
      const middle = Math.floor((missing + present) / 2);
      const row = await this.store.publishedUpTo(stream, info.created, newest.seq, middle);
      if (!row || (await this.has(stream, row, info))) present = middle;
      else {
        missing = middle;
        lost = row;
      }
    }
    return this.store.reopenFrom(stream, info.created, lost.seq);
  }

  private async has(stream: StreamName, row: PublishedRow, info: StreamInfo): Promise<boolean> {
    if (row.seq > info.state.last_seq) return false;
    const message = await (await this.jsm()).streams.getMessage(stream, { seq: row.seq });
    return message?.header.get('Nats-Msg-Id') === row.id;
  }

  private async ackFloors(stream: StreamName): Promise<AckFloor[]> {
    const live = await this.consumers(stream);
    const known = await this.store.rememberConsumers(
      stream,
      live.map((info) => ({ durable: info.name, filter: info.config.filter_subject ?? '>' })),
    );
    return known.map(({ durable, filter }) => ({
      durable,
      pattern: filterPattern(filter),
      floor: live.find((info) => info.name === durable)?.ack_floor.stream_seq,
    }));
  }

  private async prune({ name: stream, maxAgeMs }: StreamDeclaration, created: string, floors: AckFloor[]): Promise<void> {
    let pruned = await this.store.pruneAcknowledged(stream, created, floors);
    // A command waits for its consumer for ever. Sealed entries are read by outsiders, who may stay away: the log itself keeps them.
    if (stream === 'EVT')
      pruned += await this.store.pruneUnwanted(
        stream,
        maxAgeMs,
        floors.map((floor) => floor.pattern),
      );
    if (stream === 'AUDIT_SEALED') pruned += await this.store.pruneUnwanted(stream, maxAgeMs, []);
    this.metrics.count('outbox_pruned', { stream }, pruned);
  }

  private async consumers(stream: StreamName): Promise<ConsumerInfo[]> {
    const found: ConsumerInfo[] = [];
    const manager = await this.jsm();
    for await (const info of manager.consumers.list(stream)) if (info.config.durable_name) found.push(info);
    return found;
  }

  private async info(stream: StreamName): Promise<StreamInfo> {
    return (await this.jsm()).streams.info(stream);
  }

  private jsm(): Promise<JetStreamManager> {
    this.manager ??= jetstreamManager(this.nc, { checkAPI: false });
    return this.manager;
  }
}
