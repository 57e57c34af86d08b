import type { Aggregate } from './envelope.js';

export const SERVICES = [
  'ingest',
  'catalog',
  'incident',
  'replay-orchestrator',
  'approval',
  'runner',
  'audit',
  'gateway',
] as const;
export type ServiceName = (typeof SERVICES)[number];

export const AUDIT_CATEGORIES = [
  'access',
  'agent',
  'artifact',
  'incident',
  'replay',
  'approval',
  'posture',
  'catalog',
  'audit',
] as const;
export type AuditCategory = (typeof AUDIT_CATEGORIES)[number];
export type AuditOutcome = 'allowed' | 'denied' | 'succeeded' | 'failed';

/** How an event is sealed. */
export interface AuditRule {
  category: AuditCategory;
  /** Stable code of the entry, e.g. `artifact.stored`; default `<noun>.<fact>`. */
  type?: string;
  outcome: AuditOutcome;
  /**
   * Fields of the payload that hold personal or free text: sealed as salted digests, kept erasable beside the log. Dots lead into
   * nested objects, `*` into every item of an array.
   */
  personal?: readonly string[];
}

export type PayloadClass<T extends object> = new () => T;

/** An event: what happened. Subject `evt.<service>.<noun>.<fact>.v<version>.<orgId>`. */
export interface EventContract<T extends object = object> {
  kind: 'event';
  service: ServiceName;
  /** `evt.<service>.<noun>.<fact>.v<version>`, the subject without the organisation. */
  type: string;
  /** What the aggregate of its envelopes is. */
  aggregate: string;
  payload: PayloadClass<T>;
  /** `false` says on purpose that it is not sealed. */
  audit: (AuditRule & { type: string }) | false;
  sample: T;
}

/** A command: work that must survive a crash. Subject `cmd.<service>.<noun>.<verb>.v<version>`. */
export interface CommandContract<T extends object = object> {
  kind: 'command';
  service: ServiceName;
  type: string;
  aggregate: string;
  payload: PayloadClass<T>;
  sample: T;
}

/** A request whose caller waits. Subject `rpc.<service>.<noun>.<verb>`. */
export interface RpcContract<Q extends object = object, A = unknown> {
  kind: 'rpc';
  service: ServiceName;
  subject: string;
  request: PayloadClass<Q>;
  sample: Q;
  /** Type only. */
  answer?: A;
}

export type MessageContract<T extends object = object> = EventContract<T> | CommandContract<T>;

interface EventDeclaration<T extends object> {
  service: ServiceName;
  noun: string;
  fact: string;
  version?: number;
  payload: PayloadClass<T>;
  audit: AuditRule | false;
  sample: NoInfer<T>;
}

export function defineEvent<T extends object>(event: EventDeclaration<T>): EventContract<T> {
  const { service, noun, fact, version = 1, payload, audit, sample } = event;
  return {
    kind: 'event',
    service,
    type: `evt.${service}.${noun}.${fact}.v${version}`,
    aggregate: noun,
    payload,
    audit: audit === false ? false : { ...audit, type: audit.type ?? `${noun}.${fact}` },
    sample,
  };
}

export function defineCommand<T extends object>(command: {
  service: ServiceName;
  noun: string;
  verb: string;
  version?: number;
  payload: PayloadClass<T>;
  sample: NoInfer<T>;
}): CommandContract<T> {
  const { service, noun, verb, version = 1, payload, sample } = command;
  return { kind: 'command', service, type: `cmd.${service}.${noun}.${verb}.v${version}`, aggregate: noun, payload, sample };
}

/** Two steps, so that the answer's type is given and the request's is inferred: `defineRpc<Answer>()({ ... })`. */
export function defineRpc<A>() {
  return <Q extends object>(rpc: {
    service: ServiceName;
    noun: string;
    verb: string;
    request: PayloadClass<Q>;
    sample: NoInfer<Q>;
  }): RpcContract<Q, A> => {
    const { service, noun, verb, request, sample } = rpc;
    return { kind: 'rpc', service, subject: `rpc.${service}.${noun}.${verb}`, request, sample };
  };
}

/** The subject that a message of this contract is published to. */
export function subjectOf(contract: MessageContract, orgId: string): string {
  return contract.kind === 'event' ? `${contract.type}.${orgId}` : contract.type;
}

/** A message before it is given id, time and source: what use cases hand to the outbox. */
export interface MessageDraft<T extends object = object> {
  contract: MessageContract<T>;
  data: T;
  orgId: string;
  projectId?: string;
  environmentId?: string;
  aggregate: Omit<Aggregate, 'kind'>;
}
