import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { ServerNats } from '@nestjs/microservices';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { natsOptions } from './nats-connection.js';

const FINISH_MS = 10_000;

/**
 * Nest's NATS server for `@Rpc` methods, with one queue group per service: `app.connectMicroservice({ strategy: app.get(RpcServer) })`.
 * Closing it takes no new requests and lets running ones answer (up to 10 s).
 */
@Injectable()
export class RpcServer extends ServerNats {
  private readonly queue: string;
  private readonly inFlight = new Set<Promise<unknown>>();
  private readonly open: Subscription[] = [];
  private connection: NatsConnection | undefined;

  constructor(@Inject(MESSAGING_OPTIONS) { service, nats }: MessagingOptions) {
    super(natsOptions(`${service}-rpc`, nats.url) as ConstructorParameters<typeof ServerNats>[0]);
    this.queue = service;
  }

  override bindEvents(client: NatsConnection): void {
    this.connection = client;
    for (const subject of this.messageHandlers.keys()) {
      const callback = this.getMessageHandler(subject).bind(this);
      this.open.push(client.subscribe(subject, { queue: this.queue, callback }));
    }
  }

  override handleMessage(channel: string, message: unknown): Promise<unknown> {
    const handled = super.handleMessage(channel, message) as Promise<unknown>;
    this.inFlight.add(handled);
    return handled.finally(() => this.inFlight.delete(handled));
  }

  override async close(): Promise<void> {
    for (const subscription of this.open.splice(0)) subscription.unsubscribe();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, FINISH_MS);
    });
    await Promise.race([Promise.allSettled(this.inFlight), late]);
    clearTimeout(timer);
    // Nest hands the last answers over on the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    await this.connection?.flush().catch(() => undefined);
    await super.close();
  }
}
