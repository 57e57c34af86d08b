import { headers } from '@nats-io/transport-node';
import { Inject, Injectable } from '@nestjs/common';
import { ClientNats, NatsRecordBuilder } from '@nestjs/microservices';
import { type CallContext, contextToHeaders, Problem, type RpcContract } from '@reenact/contracts';
import { firstValueFrom, timeout } from 'rxjs';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { MetricsHooks } from './metrics-hooks.js';
import { natsOptions } from './nats-connection.js';
import { type RpcReply, unwrapReply } from './rpc-wire.js';

export interface RpcCallOptions {
  /** Default 5000. */
  timeoutMs?: number;
}

/** Asks other services, over a connection of its own. */
@Injectable()
export class RpcClient {
  private readonly client: ClientNats;

  constructor(
    @Inject(MESSAGING_OPTIONS) { service, nats }: MessagingOptions,
    private readonly metrics: MetricsHooks,
  ) {
    this.client = new ClientNats(natsOptions(`${service}-rpc-client`, nats.url) as ConstructorParameters<typeof ClientNats>[0]);
  }

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
    await this.client.close();
  }

  private async ask<Q extends object, A>(
    contract: RpcContract<Q, A>,
    request: Q,
    context: CallContext,
    { timeoutMs = 5_000 }: RpcCallOptions,
  ) {
    const carried = headers();
    for (const [name, value] of Object.entries(contextToHeaders(context))) carried.set(name, value);
    const record = new NatsRecordBuilder(request).setHeaders(carried).build();
    try {
      return await firstValueFrom(this.client.send<RpcReply<A>>(contract.subject, record).pipe(timeout(timeoutMs)));
    } catch (cause) {
      // No responders, no connection, no answer in time: for a caller it is all the same.
      throw new Problem('try_later', { detail: `${contract.service} does not answer`, cause });
    }
  }
}
