import type { IncomingMessage } from 'node:http';

const LINGER_MS = 5_000;

/**
 * Takes what is left of a request's body and throws it away, then calls back; after five seconds in any case. Who is still sending when
 * the connection closes gets a broken pipe instead of the answer.
 */
export function takeRest(request: IncomingMessage, then: () => void): void {
  if (request.complete || request.destroyed) return then();
  const events = ['end', 'close', 'error'] as const;
  const finish = () => {
    clearTimeout(timer);
    for (const event of events) request.off(event, finish);
    then();
  };
  const timer = setTimeout(finish, LINGER_MS).unref();
  for (const event of events) request.on(event, finish);
  request.resume();
}
