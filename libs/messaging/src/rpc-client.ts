import { connect, createInbox, headers, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { type CallContext, contextToHeaders, Problem, type RpcContract } from '@reenact/contracts';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { MetricsHooks } from './metrics-hooks.js';
import { natsOptions } from './nats-connection.js';
import { type RpcReply, unwrapReply } from './rpc-wire.js';

export interface RpcCallOptions {
  /** Default 5000. */
  timeoutMs?: number;
}

interface Waiting {
  answered: (message: Msg) => void;
  failed: (cause: Error) => void;
}

const NO_RESPONDERS = 503;

/** Asks other services, over a connection of its own whose answers all come to one inbox. */
@Injectable()
export class RpcClient {
  private readonly waiting = new Map<string, Waiting>();
  private readonly inbox = createInbox();
  private connection: Promise<NatsConnection> | undefined;
  private connected: NatsConnection | undefined;
  private closed = false;
  private asked = 0;

  constructor(
    @Inject(MESSAGING_OPTIONS) private readonly options: MessagingOptions,
    private readonly metrics: MetricsHooks,
  ) {}

  /** The answer. Throws the problem that the service answered, or `try_later` when nobody answers in time. */
  async call<Q extends object, A>(
    contract: RpcContract<Q, A>,
    request: Q,
    context: CallContext,
    options: RpcCallOptions = {},
  ): Promise<A> {
    this.metrics.count('rpc_calls', { subject: contract.subject });
    try {
      return unwrapReply(await this.ask<Q, A>(contract, request, context, options));
    } catch (error) {
      const code = error instanceof Problem ? error.code : 'internal';
      this.metrics.count('rpc_problems', { subject: contract.subject, code });
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.connected?.close();
    for (const { failed } of this.waiting.values()) failed(new Error('the connection was closed'));
  }

  private async ask<Q extends object, A>(
    contract: RpcContract<Q, A>,
    data: Q,
    context: CallContext,
    { timeoutMs = 5_000 }: RpcCallOptions,
  ): Promise<RpcReply<A>> {
    const carried = headers();
    for (const [name, value] of Object.entries(contextToHeaders(context))) carried.set(name, value);
    this.asked += 1;
    const id = String(this.asked);
    const answer = this.answerTo(id, timeoutMs);
    try {
      // As Nest's server reads a request: an id makes it one.
      const payload = JSON.stringify({ id, pattern: contract.subject, data });
      this.open()
        .then((nc) => nc.publish(contract.subject, payload, { reply: `${this.inbox}.${id}`, headers: carried }))
        .catch((error: Error) => this.waiting.get(id)?.failed(error));
      const message = await answer;
      if (message.data.length === 0 && message.headers?.code === NO_RESPONDERS) throw new Error('nobody serves it');
      return message.json<{ response: RpcReply<A> }>().response;
    } catch (cause) {
      // No responders, no connection, no answer in time: for a caller it is all the same.
      throw new Problem('try_later', { detail: `${contract.service} does not answer`, cause });
    }
  }

  private answerTo(id: string, timeoutMs: number): Promise<Msg> {
    return new Promise((resolve, reject) => {
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.waiting.delete(id);
          end(value);
        };
      const failed = settle<Error>(reject);
      const timer = setTimeout(() => failed(new Error(`no answer after ${timeoutMs} ms`)), timeoutMs);
      this.waiting.set(id, { answered: settle<Msg>(resolve), failed });
    });
  }

  private open(): Promise<NatsConnection> {
    this.connection ??= this.connect();
    return this.connection;
  }

  private async connect(): Promise<NatsConnection> {
    const { service, nats } = this.options;
    const nc = await connect(natsOptions(`${service}-rpc-client`, nats.url));
    // A broker may come up only after we have gone.
    if (this.closed) await nc.close();
    this.connected = nc;
    const prefix = this.inbox.length + 1;
    nc.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.waiting.get(message.subject.slice(prefix))?.answered(message);
      },
    });
    return nc;
  }
}
