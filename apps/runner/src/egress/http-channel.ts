import type { LookupFunction } from 'node:net';
import { Problem, type Target } from '@reenact/contracts';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import type { EgressRules } from '../domain/address-rules.js';
import type { Attempted } from '../domain/judge-answer.js';
import { actionUrl, targetUrl } from '../domain/target-url.js';
import type { Channel, Sending } from './egress.js';
import { type HostAddress, resolveHost } from './resolve-host.js';
import { sentHeaders, targetHeaders } from './target-headers.js';

export interface ChannelOptions extends EgressRules {
  secretsDirectory?: string;
  answerTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 4_000;
/** Of an answer's body nothing is used; a little is read so that the connection can serve again. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The connection was not made, or too late: no byte of the request has left. */
class NotSent extends Error {
  override readonly name = 'NotSent';
}

interface Prepared {
  headers: Record<string, string>;
  agent: Agent;
}

/** Sends to one HTTP target: one checked address, no redirects, nothing after send-by, a bounded answer. */
export class HttpChannel implements Channel {
  private prepared: Promise<Prepared> | undefined;
  private sendBy = 0;
  /** Whether the request that is under way has got its connection: before that, none of it can have left. */
  private connected = false;

  constructor(
    private readonly target: Target,
    private readonly options: ChannelOptions,
  ) {}

  async send(sending: Sending): Promise<Attempted> {
    const { action, payload, sendBy } = sending;
    let url: URL;
    let prepared: Prepared;
    try {
      url = actionUrl(this.target.url, action.path ?? '/');
      this.prepared ??= this.prepare();
      prepared = await this.prepared;
    } catch (error) {
      this.prepared = undefined;
      return notSent(error);
    }
    const headers = sentHeaders(action.headers, prepared.headers, action.idempotencyKey);
    this.sendBy = sendBy;
    if (performance.now() >= sendBy) return { kind: 'not_sent', reason: 'the time to send it was over' };
    return this.request(url, prepared.agent, {
      method: (action.method ?? 'POST') as Dispatcher.HttpMethod,
      headers,
      body: payload.length > 0 ? payload : null,
    });
  }

  async close(): Promise<void> {
    const prepared = await this.prepared?.catch(() => undefined);
    await prepared?.agent.destroy();
  }

  private async request(
    url: URL,
    dispatcher: Agent,
    options: Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'>,
  ): Promise<Attempted> {
    const signal = AbortSignal.timeout(this.options.answerTimeoutMs);
    this.connected = false;
    try {
      const { statusCode, body } = await request(url, { ...options, dispatcher, signal });
      // The status is the answer; what becomes of the rest changes nothing.
      await body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => body.destroy());
      return { kind: 'answered', status: statusCode };
    } catch (error) {
      if ((error as { code?: string }).code === 'UND_ERR_INVALID_ARG') return { ...notSent(error), final: true };
      if (error instanceof NotSent || !this.connected) return notSent(error);
      return { kind: 'unknown', reason: reasonOf(error) };
    }
  }

  private async prepare(): Promise<Prepared> {
    const headers = await targetHeaders(this.target, this.options.secretsDirectory);
    const address = await resolveHost(targetUrl(this.target.url).hostname, this.options);
    return { headers, agent: this.agentFor(address) };
  }

  /**
   * Connections go to the address that was checked, whatever the name says by now. Each serves one request: a connection that is kept may
   * be closed by the other side just when the next request leaves, and then nobody knows whether that arrived.
   */
  private agentFor(address: HostAddress): Agent {
    const pinned: LookupFunction = (_host, options, done) => {
      if (options.all) (done as unknown as (error: null, found: HostAddress[]) => void)(null, [address]);
      else done(null, address.address, address.family);
    };
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, lookup: pinned } as Parameters<typeof buildConnector>[0]);
    return new Agent({
      pipelining: 0,
      connect: (options, done) =>
        connect(options, (error, socket) => {
          if (error) return done(new NotSent(reasonOf(error)), null);
          if (performance.now() < this.sendBy) {
            this.connected = true;
            return done(null, socket);
          }
          socket.destroy();
          done(new NotSent('the time to send it was over'), null);
        }),
    });
  }
}

/** A name that does not resolve now, or a secret that is not there yet, may be there at another attempt; what is refused is refused again. */
export function notSent(error: unknown): Extract<Attempted, { kind: 'not_sent' }> {
  return { kind: 'not_sent', reason: reasonOf(error), ...(error instanceof Problem && { final: true as const }) };
}

export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return (message || code || String(error)).slice(0, 500);
}
