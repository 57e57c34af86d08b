import type { IncomingMessage } from 'node:http';
import { Problem } from '@reenact/contracts';

/** What an API body may have at most; uploads have limits of their own. */
export const BODY_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * Reads a whole body into memory, then calls back once. With `body_too_large` for one that passes the limit, `request_timeout` for
 * one that is not there after so many milliseconds, and `malformed_json` for one whose sender went away.
 */
export function readBody(
  request: IncomingMessage,
  patienceMs: number,
  done: (error: Problem | null, body: Buffer) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const finish = (error: Problem | null) => {
    clearTimeout(timer);
    request.off('data', take).off('end', end).off('error', fail);
    done(error, error ? Buffer.alloc(0) : Buffer.concat(chunks, size));
  };
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > BODY_LIMIT_BYTES) return finish(new Problem('body_too_large'));
    chunks.push(chunk);
  };
  const end = () => finish(null);
  const fail = (cause: unknown) => finish(new Problem('malformed_json', { detail: 'The body broke off', cause }));
  const timer = setTimeout(() => finish(new Problem('request_timeout')), patienceMs);
  if (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES) return finish(new Problem('body_too_large'));
  request.on('data', take).on('end', end).on('error', fail).resume();
}
