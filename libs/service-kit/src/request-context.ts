import { randomBytes } from 'node:crypto';
import { type Actor, type CallContext, newUuid } from '@reenact/contracts';
import type { FastifyRequest } from 'fastify';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

const traces = new WeakMap<object, string>();

/** The id that a request goes by: the caller's `X-Request-Id` when it is sensible, else a new one. */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && REQUEST_ID.test(header) ? header : newUuid();
}

/** Our span in the caller's trace, or the first span of a new one (W3C trace context). */
export function continueTrace(header: string | string[] | undefined): string {
  const match = typeof header === 'string' ? TRACEPARENT.exec(header) : null;
  // With one call, since it costs much more than the bytes.
  const fresh = randomBytes(TRACE_ID_BYTES + SPAN_ID_BYTES).toString('hex');
  const [traceId, flags] = match && !/^0+$/.test(match[1]) ? [match[1], match[3]] : [fresh.slice(0, 2 * TRACE_ID_BYTES), '01'];
  return `00-${traceId}-${fresh.slice(2 * TRACE_ID_BYTES)}-${flags}`;
}

/** Keeps the request's trace for `callContext`. */
export function rememberTrace(request: FastifyRequest, traceparent: string): void {
  traces.set(request.raw, traceparent);
}

/** The context of a call that this request makes in the name of `actor`: the beginning of a story of its own. */
export function callContext(request: FastifyRequest, actor: Actor): CallContext {
  const traceparent = traces.get(request.raw);
  return { actor, correlationId: newUuid(), requestId: request.id, ...(traceparent !== undefined && { traceparent }) };
}
