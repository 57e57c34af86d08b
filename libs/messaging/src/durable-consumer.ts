import { AckPolicy, DeliverPolicy, jetstreamManager, ReplayPolicy } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { applyTopology } from './apply-topology.js';
import type { BatchProcessor, Handle } from './batch-processor.js';
import type { BrokerState } from './broker-state.js';
import { Delivery } from './delivery.js';
import type { ConsumerDefinition } from './jet-stream.decorator.js';
import { type PullResult, pull } from './pull.js';

const NANOS = 1_000_000;
const ACK_WAIT_MS = 30_000;
const HEARTBEAT_MS = ACK_WAIT_MS / 3;
/** A handler that hangs keeps its messages this long; then others get them, and the inbox decides who was first. */
const LONGEST_HANDLING_MS = 10 * 60_000;
/**
 * Where messages come in numbers, the next ones may gather as long as the last ones took, up to this: one transaction for many instead of
 * one for each, and the more so the busier the machine is.
 */
const LONGEST_GATHER_MS = 100;
const PAUSE_MS = { busy: 250, first: 100, longest: 2_000 };

/** Everything a consumer works with. */
export interface ConsumerTools {
  nc: NatsConnection;
  broker: BrokerState;
  processor: BatchProcessor;
  backOff: (failures: number) => number;
}

/** One durable pull consumer: makes itself when it is missing, pulls a batch at a time, survives whatever happens to the broker. */
export class DurableConsumer {
  private readonly logger = new Logger(DurableConsumer.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly tools: ConsumerTools,
    readonly definition: ConsumerDefinition,
    private readonly handle: Handle,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Takes nothing more; resolves when what was taken is settled. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let ensured = 0;
    let doubt = false;
    let pause = PAUSE_MS.first;
    while (!signal.aborted) {
      try {
        await this.tools.broker.whenUp(signal);
        // Nothing is pulled while it could not be handled: that would burn deliveries.
        if (doubt) await this.tools.processor.ready();
        doubt = false;
        const { generation } = this.tools.broker;
        // Not every server says that a consumer does not exist: after a reconnect it is made sure of.
        if (ensured !== generation) await this.ensure();
        ensured = generation;
        const { messages, end } = await this.pull();
        const begun = performance.now();
        if (messages.length > 0) await this.process(messages.map((message) => new Delivery(this.tools.nc, message)));
        const took = performance.now() - begun;
        if (messages.length > 1 && messages.length < this.definition.batch) await this.pause(Math.min(took, LONGEST_GATHER_MS));
        if (end === 'gone' || end === 'lost') ensured = 0;
        if (end === 'busy' || end === 'gone') await this.pause(PAUSE_MS.busy);
        pause = PAUSE_MS.first;
      } catch (error) {
        if (signal.aborted) return;
        ensured = 0;
        doubt = true;
        this.logger.warn(`${this.definition.durable} waits ${pause} ms: ${String(error)}`);
        await this.pause(pause);
        pause = Math.min(pause * 2, PAUSE_MS.longest);
      }
    }
  }

  /** Makes stream and durable when they are missing. All that a new stream has is delivered: the inbox knows what was handled. */
  private async ensure(): Promise<void> {
    const { stream, durable, filter } = this.definition;
    const manager = await jetstreamManager(this.tools.nc, { checkAPI: false });
    const config = {
      durable_name: durable,
      filter_subject: filter,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      replay_policy: ReplayPolicy.Instant,
      ack_wait: ACK_WAIT_MS * NANOS,
      max_deliver: -1,
      max_ack_pending: 1000,
    };
    try {
      await manager.consumers.add(stream, config);
    } catch {
      await applyTopology(this.tools.nc);
      await manager.consumers.add(stream, config);
    }
  }

  private async pull(): Promise<PullResult> {
    const { nc, broker } = this.tools;
    const ended = new AbortController();
    const abort = () => ended.abort();
    broker.once('down', abort);
    this.stopping.signal.addEventListener('abort', abort);
    if (this.stopping.signal.aborted) abort();
    try {
      return await pull(nc, this.definition.stream, this.definition.durable, this.definition.batch, ended.signal);
    } finally {
      broker.off('down', abort);
      this.stopping.signal.removeEventListener('abort', abort);
    }
  }

  private async process(deliveries: Delivery[]): Promise<void> {
    const until = performance.now() + LONGEST_HANDLING_MS;
    const heartbeat = setInterval(() => {
      if (performance.now() < until) for (const delivery of deliveries) delivery.working();
    }, HEARTBEAT_MS);
    try {
      await this.tools.processor.process(deliveries, this.definition, this.handle, this.tools.backOff);
    } finally {
      clearInterval(heartbeat);
      for (const delivery of deliveries) if (!delivery.isSettled) delivery.retryIn(PAUSE_MS.longest);
    }
  }

  private pause(ms: number): Promise<void> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done);
    });
  }
}
