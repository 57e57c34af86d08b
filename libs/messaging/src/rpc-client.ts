import { setTimeout } from 'node:timers/promises';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { type CallContext, contextToHeaders, Problem, type RpcContract } from '@reenact/contracts';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { MetricsHooks } from './metrics-hooks.js';
import { connectNats } from './nats-connection.js';
import { type RpcReply, unwrapReply } from './rpc-wire.js';

export interface RpcCallOptions {
  /** Default 5000. */
  timeoutMs?: number;
}

/** Asks other services, over a connection of its own. */
@Injectable()
export class RpcClient {
  private opening: Promise<NatsConnection> | undefined;
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
    // As Nest's server reads a request: an id makes it one.
    const payload = JSON.stringify({ id: String(this.asked), pattern: contract.subject, data });
    try {
      const nc = this.connected ?? (await within(timeoutMs, this.open()));
      const message = await nc.request(contract.subject, payload, { timeout: timeoutMs, headers: carried });
      return message.json<{ response: RpcReply<A> }>().response;
    } catch (cause) {
      // No responders, no connection, no answer in time: for a caller it is all the same.
      throw new Problem('try_later', { detail: `${contract.service} does not answer`, cause });
    }
  }

  /** Waits as long as there is no broker. */
  private open(): Promise<NatsConnection> {
    const { service, nats } = this.options;
    this.opening ??= connectNats(`${service}-rpc-client`, nats.url).then(async (nc) => {
      // A broker may come up only after we have gone.
      if (this.closed) await nc.close();
      this.connected = nc;
      return nc;
    });
    return this.opening;
  }
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = setTimeout(timeoutMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`no connection after ${timeoutMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}
