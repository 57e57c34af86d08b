/** Who caused something. `service` is the system itself (timers, sagas). */
export interface Actor {
  kind: 'user' | 'agent' | 'token' | 'service';
  id: string;
  /** For people to read; never decided on. */
  name?: string;
}

/** What an actor is, to be kept or told: without whatever else travels with one. */
export function bareActor({ kind, id, name }: Actor): Actor {
  return { kind, id, ...(name !== undefined && { name }) };
}

/** What travels beside every payload: who, and as part of what. */
export interface CallContext {
  actor: Actor;
  /** One story from its first request to its last entry; a replay's messages carry the replay's id. */
  correlationId: string;
  /** The message that caused this one. */
  causationId?: string;
  requestId?: string;
  /** W3C trace context. */
  traceparent?: string;
}
