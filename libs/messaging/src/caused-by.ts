import type { CallContext, Envelope } from '@reenact/contracts';

/** The context for what a message causes: the same actor and story, caused by that message. */
export function causedBy(envelope: Envelope): CallContext {
  const { actor, correlationId, id, requestId, traceparent } = envelope;
  return { actor, correlationId, causationId: id, ...(requestId && { requestId }), ...(traceparent && { traceparent }) };
}
