import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect, errors, headers, type NatsConnection } from '@nats-io/transport-node';
import type { Target } from '@reenact/contracts';
import type { Attempted } from '../domain/judge-answer.js';
import { refused } from '../domain/target-refused.js';
import { assertActionSubject } from '../domain/target-url.js';
import type { Channel, Sending } from './egress.js';
import { type ChannelOptions, notSent, reasonOf } from './http-channel.js';
import { resolveHost } from './resolve-host.js';
import { sentHeaders, targetHeaders } from './target-headers.js';

const CONNECT_TIMEOUT_MS = 4_000;

interface Prepared {
  headers: Record<string, string>;
  nc: NatsConnection;
  refusals: Refusals;
}

/** What the server said against the message that was published last. */
interface Refusals {
  last?: Error;
}

/** Publishes to one NATS target, over a connection of its own to the one address that was checked: it follows no gossip. */
export class NatsChannel implements Channel {
  private prepared: Promise<Prepared> | undefined;

  constructor(
    private readonly target: Target,
    private readonly options: ChannelOptions,
  ) {}

  async send({ action, payload, sendBy }: Sending): Promise<Attempted> {
    const subject = action.subject ?? '';
    let prepared: Prepared;
    const carried = headers();
    try {
      assertActionSubject(subject);
      if ((await this.prepared)?.nc.isClosed()) this.prepared = undefined;
      this.prepared ??= this.prepare();
      prepared = await this.prepared;
    } catch (error) {
      this.prepared = undefined;
      return notSent(error);
    }
    try {
      const sent = sentHeaders(action.headers, prepared.headers, action.idempotencyKey);
      for (const [name, value] of Object.entries(sent)) carried.set(name, value);
      carried.set('Nats-Msg-Id', action.idempotencyKey);
    } catch (error) {
      // A value that no header can have, as one with a line break.
      return { ...notSent(error), final: true };
    }
    if (performance.now() >= sendBy) return { kind: 'not_sent', reason: 'the time to send it was over' };
    const { nc, refusals } = prepared;
    refusals.last = undefined;
    try {
      nc.publish(subject, payload, { headers: carried });
    } catch (error) {
      // A closed connection is made anew; what the client itself refuses, as a payload that is too long, is refused again.
      return { ...notSent(error), ...(!nc.isClosed() && { final: true as const }) };
    }
    try {
      await this.flushed(nc);
      // What the server has against a message comes before the flush, and is told by the client right after it.
      await nextTurn();
      if (refusals.last) return { ...notSent(refusals.last), final: true };
      return { kind: 'answered', status: 200 };
    } catch (error) {
      this.prepared = undefined;
      await nc.close().catch(() => undefined);
      return { kind: 'unknown', reason: reasonOf(error) };
    }
  }

  async close(): Promise<void> {
    const prepared = await this.prepared?.catch(() => undefined);
    await prepared?.nc.close();
  }

  private async prepare(): Promise<Prepared> {
    const { hostname, port, tls } = natsAddress(this.target.url);
    const { authorization, ...configured } = await targetHeaders(this.target, this.options.secretsDirectory);
    const { address, family } = await resolveHost(hostname, this.options);
    const nc = await connect({
      servers: `${family === 6 ? `[${address}]` : address}:${port}`,
      name: 'reenact-runner',
      ignoreClusterUpdates: true,
      resolve: false,
      reconnect: false,
      timeout: CONNECT_TIMEOUT_MS,
      ...loginOf(authorization),
      // The client hands its TLS options on: the certificate must be the name's, not the address's.
      ...(tls && { tls: { servername: hostname } as object }),
    });
    return { headers: configured, nc, refusals: watchRefusals(nc) };
  }

  /** The server has taken what was published before. */
  private async flushed(nc: NatsConnection): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), this.options.answerTimeoutMs);
    });
    try {
      await Promise.race([
        nc.flush(),
        late,
        nc.closed().then((error) => Promise.reject(error ?? new Error('connection closed'))),
      ]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A server that does not let a login publish to a subject says so, throws the message away, and goes on. */
function watchRefusals(nc: NatsConnection): Refusals {
  const refusals: Refusals = {};
  const watch = async () => {
    for await (const status of nc.status()) {
      if (status.type === 'error' && status.error instanceof errors.PermissionViolationError) refusals.last = status.error;
    }
  };
  watch().catch(() => undefined);
  return refusals;
}

/** A target's `authorization` header, in the words of HTTP, is how its connection logs in; it is not sent with messages. */
function loginOf(authorization: string | undefined): { user?: string; pass?: string; token?: string } {
  if (authorization === undefined) return {};
  const [scheme, value = ''] = authorization.split(' ');
  if (scheme.toLowerCase() === 'bearer') return { token: value };
  if (scheme.toLowerCase() !== 'basic') throw refused('a NATS target authorizes with Basic or Bearer');
  const [user, ...pass] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return { user, pass: pass.join(':') };
}

function natsAddress(text: string): { hostname: string; port: string; tls: boolean } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const plain = url && ['nats:', 'tls:'].includes(url.protocol) && url.hostname !== '' && ['', '/'].includes(url.pathname);
  if (!plain || url.username || url.password || url.search || url.hash)
    throw refused('a NATS target is nats://host:port or tls://host:port');
  return { hostname: url.hostname, port: url.port || '4222', tls: url.protocol === 'tls:' };
}
