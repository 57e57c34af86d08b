import type { NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { type CustomTransportStrategy, type MessageHandler, Server } from '@nestjs/microservices';
import type { Envelope } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { isObservable, lastValueFrom } from 'rxjs';
import { BatchProcessor, type Handle } from './batch-processor.js';
import { BrokerState } from './broker-state.js';
import { DurableConsumer } from './durable-consumer.js';
import { type ConsumerDefinition, type HandlerOutcome, JETSTREAM_TRANSPORT } from './jet-stream.decorator.js';
import { backOff, MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { NATS } from './nats-connection.js';

/** Nest's way to `@JetStream` methods: `app.connectMicroservice({ strategy: app.get(JetStreamStrategy) })`. */
@Injectable()
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override readonly transportId = JETSTREAM_TRANSPORT;
  private readonly consumers = new Map<string, DurableConsumer>();
  private readonly handles = new Map<string, { definition: ConsumerDefinition; handle: Handle }>();

  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    private readonly broker: BrokerState,
    private readonly processor: BatchProcessor,
  ) {
    super();
  }

  /** Takes handlers of `@JetStream` only: one that names no transport would be bound here too, and would run twice. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEventHandler = false,
    extras: Record<string, unknown> = {},
  ): void {
    const definition = extras.consumer as ConsumerDefinition | undefined;
    if (!definition) return;
    if (this.handles.has(definition.durable)) throw new Error(`the durable ${definition.durable} is used twice`);
    super.addHandler(pattern, callback, isEventHandler, extras);
    this.handles.set(definition.durable, { definition, handle: handleOf(callback) });
  }

  listen(callback: (error?: unknown) => void): void {
    const tools = { nc: this.nc, broker: this.broker, processor: this.processor, backOff: this.options.backOff ?? backOff };
    for (const { definition, handle } of this.handles.values()) {
      const consumer = new DurableConsumer(tools, definition, handle);
      this.consumers.set(definition.durable, consumer);
      consumer.start();
    }
    callback();
  }

  /** Takes no more messages and waits for those that are being handled. */
  async close(): Promise<void> {
    await Promise.all([...this.consumers.values()].map((consumer) => consumer.stop()));
    this.consumers.clear();
  }

  /** A consumer of this process and its handler, for redriving. */
  consumer(durable: string): { definition: ConsumerDefinition; handle: Handle } | undefined {
    return this.handles.get(durable);
  }

  on(): void {
    throw new Error('this transport has no events');
  }

  unwrap<T>(): T {
    return this.nc as T;
  }
}

function handleOf(callback: MessageHandler): Handle {
  return async (batch: Envelope[], tx: Transaction) => {
    const answer: unknown = await callback(batch, tx);
    const { error } = (isObservable(answer) ? await lastValueFrom(answer) : answer) as HandlerOutcome;
    if (error !== undefined) throw error;
  };
}
