import type { Actor, CallContext } from './context.js';

/** Where something happened. Events always have an organisation; installation-wide ones use `-`. */
export interface Scope {
  orgId: string;
  projectId?: string;
  environmentId?: string;
}

/** The thing a message is about; `version` grows with every change, so that consumers that fold state ignore older ones. */
export interface Aggregate {
  kind: string;
  id: string;
  version: number;
}

/** A message as it travels: CloudEvents 1.0 attributes, the contract's own attributes, and the payload. */
export interface Envelope<T = unknown> extends Scope {
  /** UUIDv7; also `Nats-Msg-Id` and the inbox key. */
  id: string;
  /** The subject without organisation, e.g. `evt.ingest.artifact.stored.v1`. */
  type: string;
  /** The service that says it. */
  source: string;
  /** RFC 3339, UTC, milliseconds. */
  time: string;
  aggregate: Aggregate;
  actor: Actor;
  correlationId: string;
  causationId?: string;
  requestId?: string;
  traceparent?: string;
  data: T;
}

/** The NATS headers of an envelope (everything but its data). */
export function toHeaders(envelope: Envelope): Record<string, string> {
  const { orgId, projectId, environmentId, aggregate, actor } = envelope;
  return prune({
    'ce-specversion': '1.0',
    'ce-id': envelope.id,
    'ce-type': envelope.type,
    'ce-source': envelope.source,
    'ce-time': envelope.time,
    'ce-subject': `${aggregate.kind}/${aggregate.id}`,
    'ce-aggregateversion': String(aggregate.version),
    'ce-datacontenttype': 'application/json',
    'ce-orgid': orgId,
    'ce-projectid': projectId,
    'ce-environmentid': environmentId,
    ...contextToHeaders({ ...envelope, actor }),
  });
}

/** The envelope that headers and data state. Throws a TypeError naming the first header that is missing or wrong. */
export function fromHeaders<T>(header: (name: string) => string | undefined, data: T): Envelope<T> {
  const need = (name: string) => {
    const value = header(name);
    if (!value) throw new TypeError(`header ${name} is missing`);
    return value;
  };
  const [kind, ...rest] = need('ce-subject').split('/');
  const version = Number(need('ce-aggregateversion'));
  if (rest.length === 0 || !Number.isSafeInteger(version)) throw new TypeError('ce-subject or ce-aggregateversion is malformed');
  const context = contextFromHeaders(header);
  if (!context) throw new TypeError('header ce-actor is missing');
  return prune({
    id: need('ce-id'),
    type: need('ce-type'),
    source: need('ce-source'),
    time: need('ce-time'),
    aggregate: { kind, id: rest.join('/'), version },
    orgId: need('ce-orgid'),
    projectId: header('ce-projectid') || undefined,
    environmentId: header('ce-environmentid') || undefined,
    ...context,
    data,
  });
}

/** The headers that carry a call's context on RPC and inside envelopes. */
export function contextToHeaders(context: CallContext): Record<string, string> {
  return prune({
    'ce-actor': `${context.actor.kind}:${context.actor.id}`,
    'ce-actorname': context.actor.name === undefined ? undefined : encodeURIComponent(context.actor.name),
    'ce-correlationid': context.correlationId,
    'ce-causationid': context.causationId,
    'ce-requestid': context.requestId,
    traceparent: context.traceparent,
  });
}

/** The context that headers state, or undefined when they name no actor. */
export function contextFromHeaders(header: (name: string) => string | undefined): CallContext | undefined {
  const actor = /^(user|agent|token|service):(.+)$/.exec(header('ce-actor') ?? '');
  const correlationId = header('ce-correlationid');
  if (!actor || !correlationId) return undefined;
  const name = header('ce-actorname');
  return prune({
    actor: prune({ kind: actor[1] as Actor['kind'], id: actor[2], name: name ? decodeURIComponent(name) : undefined }),
    correlationId,
    causationId: header('ce-causationid') || undefined,
    requestId: header('ce-requestid') || undefined,
    traceparent: header('traceparent') || undefined,
  });
}

function prune<T extends object>(object: T): T extends Record<string, string | undefined> ? Record<string, string> & T : T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
