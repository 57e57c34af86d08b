import { createInbox, type Msg, type NatsConnection } from '@nats-io/transport-node';

const NANOS = 1_000_000;
const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 3_000;
/** After the last message of a batch the server says that it ends; this bounds the wait for servers that do not. */
const QUIET_MS = 250;

/** Why a pull ended: `done` (more may wait), `idle` (nothing came), `busy` (others wait too), `lost` (server silent), `gone` (consumer or server). */
export type PullEnd = 'done' | 'idle' | 'busy' | 'lost' | 'gone';

export interface PullResult {
  messages: Msg[];
  end: PullEnd;
}

/**
 * One pull request: what is there at once, up to `batch`, else the next message within 30 s. Ends early when the signal fires, and
 * when the server misses two heartbeats, since a request dies with its server.
 */
export function pull(
  nc: NatsConnection,
  stream: string,
  durable: string,
  batch: number,
  signal: AbortSignal,
): Promise<PullResult> {
  return new Promise((resolve) => {
    const messages: Msg[] = [];
    const inbox = createInbox();
    let timer: NodeJS.Timeout | undefined;
    const finish = (end: PullEnd) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      subscription.unsubscribe();
      resolve({ messages, end });
    };
    const abort = () => finish(messages.length > 0 ? 'done' : 'lost');
    const watch = () => {
      clearTimeout(timer);
      timer = messages.length > 0 ? setTimeout(finish, QUIET_MS, 'done') : setTimeout(finish, 2 * HEARTBEAT_MS, 'lost');
    };
    const subscription = nc.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return finish('lost');
        const end = statusOf(message);
        if (end === undefined) messages.push(message);
        if (messages.length === batch) return finish('done');
        if (end === undefined || end === 'heartbeat') return watch();
        finish(messages.length > 0 ? 'done' : end);
      },
    });
    signal.addEventListener('abort', abort);
    if (signal.aborted) return abort();
    const request = { batch, no_wait: true, expires: EXPIRES_MS * NANOS, idle_heartbeat: HEARTBEAT_MS * NANOS };
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify(request), { reply: inbox });
    watch();
  });
}

/** Undefined for a message of the stream. */
function statusOf(message: Msg): PullEnd | 'heartbeat' | undefined {
  const code = message.headers?.code ?? 0;
  if (code < 100 || message.data.length > 0) return undefined;
  if (code === 100) return 'heartbeat';
  if (code === 404 || code === 408) return /pending/i.test(message.headers?.description ?? '') ? 'busy' : 'idle';
  if (code === 503) return 'gone';
  if (code === 409) return /exceeded/i.test(message.headers?.description ?? '') ? 'busy' : 'gone';
  return 'lost';
}
