import { createHmac } from 'node:crypto';
import {
  type AuditEntry,
  canonicalJson,
  canonicalSha256,
  type Envelope,
  type EventContract,
  isId,
  Problem,
  validate,
} from '@reenact/contracts';

/** An entry before it has its place in a log. */
export type EntryBody = Omit<AuditEntry, 'index'>;

/** What an entry states only by digest: erasing the row leaves the proof whole. `salt` is null for data that was merely too long. */
export interface DetachedValue {
  /** JSON Pointer into the entry's data, `""` for all of it. */
  pointer: string;
  salt: Buffer | null;
  value: unknown;
}

export interface EntryDraft {
  /** The organisation's id, or `-`. */
  log: string;
  body: EntryBody;
  actorName?: string;
  detached: DetachedValue[];
}

/** Canonical bytes of an entry at most; longer data is replaced by its digest. */
export const MAX_ENTRY_BYTES = 32 * 1024;
/** Room for the index, which the body does not have yet. */
const INDEX_BYTES = 32;
const MAX_ID_LENGTH = 256;

/** What drafting needs from outside. */
export interface DraftSources {
  newSalt: () => Buffer;
  /** Stands in for the time of an event that states none. */
  now: Date;
}

/** What happened, as its contract wants it sealed; undefined when it is not to be sealed at all. Never throws. */
export function draftEntry(
  event: Envelope,
  contract: EventContract | undefined,
  { newSalt, now }: DraftSources,
): EntryDraft | undefined {
  const time = Date.parse(event.time);
  const timed = { ...event, time: new Date(Number.isNaN(time) ? now : time).toISOString() };
  try {
    return read(timed, contract, newSalt);
  } catch {
    // Whatever it holds cannot be written down (nested too deeply, say): that it came is sealed all the same.
    return unreadable(timed, { subject: event.type, reason: 'the payload cannot be written as canonical JSON' }, newSalt);
  }
}

function read(event: Envelope, contract: EventContract | undefined, newSalt: () => Buffer): EntryDraft | undefined {
  if (isUnreadable(event.data)) return unreadable(event, event.data.unreadable, newSalt);
  if (!contract)
    return unreadable(event, { subject: event.type, reason: 'no contract of this type is known', payload: event.data }, newSalt);
  if (!contract.audit) return undefined;
  let data: unknown;
  try {
    // Fields that the contract does not know are dropped: nobody has said whether they are personal.
    data = JSON.parse(JSON.stringify(validate(contract.payload, event.data, { unknownFields: 'drop' })));
  } catch (error) {
    const errors = error instanceof Problem ? error.options.errors : undefined;
    return unreadable(
      event,
      { subject: event.type, reason: 'the payload breaks its contract', errors, payload: event.data },
      newSalt,
    );
  }
  const { type, category, outcome, personal = [] } = contract.audit;
  return draft(event, { type, category, outcome }, data, personal, newSalt);
}

function unreadable(event: Envelope, found: Record<string, unknown>, newSalt: () => Buffer): EntryDraft {
  const known = { ...event, aggregate: { kind: 'event', id: event.id, version: 1 } };
  const rule = { type: 'event.unreadable', category: 'audit', outcome: 'failed' } as const;
  return draft(known, rule, JSON.parse(JSON.stringify(found)), ['headers', 'payloadBase64', 'payload'], newSalt);
}

function draft(
  event: Envelope,
  rule: Pick<EntryBody, 'type' | 'category' | 'outcome'>,
  plain: unknown,
  personal: readonly string[],
  newSalt: () => Buffer,
): EntryDraft {
  const detached: DetachedValue[] = [];
  const data = personal.reduce((value, path) => detach(value, path.split('.'), '', detached, newSalt), plain);
  const log = isId('organisation', event.orgId) ? event.orgId : '-';
  const body: EntryBody = {
    v: 1,
    id: short(event.id),
    at: event.time,
    ...rule,
    actor: { kind: event.actor.kind, id: short(event.actor.id) },
    orgId: log,
    ...(event.projectId !== undefined && { projectId: short(event.projectId) }),
    ...(event.environmentId !== undefined && { environmentId: short(event.environmentId) }),
    subject: { kind: short(event.aggregate.kind), id: short(event.aggregate.id) },
    correlationId: short(correlationOf(event)),
    ...(event.causationId !== undefined && { causationId: short(event.causationId) }),
    ...(event.requestId !== undefined && { requestId: short(event.requestId) }),
    data,
  };
  const tooLong = Buffer.byteLength(canonicalJson(body)) > MAX_ENTRY_BYTES - INDEX_BYTES;
  if (tooLong) detached.push({ pointer: '', salt: null, value: data });
  return {
    log,
    body: tooLong ? { ...body, data: { $digest: canonicalSha256(data) } } : body,
    ...(event.actor.name !== undefined && { actorName: event.actor.name }),
    detached,
  };
}

/** Everything that concerns a replay is one story, whatever request it came from. */
function correlationOf({ aggregate, data, correlationId }: Envelope): string {
  const { replayId } = (data ?? {}) as { replayId?: unknown };
  return [aggregate.id, replayId].find((id): id is string => isId('replay', id)) ?? correlationId;
}

function detach(value: unknown, path: string[], at: string, detached: DetachedValue[], newSalt: () => Buffer): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const [name, ...rest] = path;
  if (Array.isArray(value)) {
    if (name !== '*') return value;
    return value.map((item, i) => detach(item, rest, `${at}/${i}`, detached, newSalt));
  }
  if (!Object.hasOwn(value, name)) return value;
  const member = (value as Record<string, unknown>)[name];
  const pointer = `${at}/${name}`;
  if (rest.length > 0) return { ...value, [name]: detach(member, rest, pointer, detached, newSalt) };
  const salt = newSalt();
  detached.push({ pointer, salt, value: member });
  return { ...value, [name]: { $p: personalDigest(salt, member) } };
}

/** What stands in the log for a personal value: HMAC-SHA256 of its canonical JSON under a salt of its own, base64url. */
export function personalDigest(salt: Uint8Array, value: unknown): string {
  return createHmac('sha256', salt).update(canonicalJson(value)).digest('base64url');
}

function isUnreadable(data: unknown): data is { unreadable: Record<string, unknown> } {
  return (
    typeof data === 'object' &&
    data !== null &&
    'unreadable' in data &&
    typeof data.unreadable === 'object' &&
    data.unreadable !== null
  );
}

function short(text: string): string {
  return text.slice(0, MAX_ID_LENGTH).replaceAll('\0', '\ufffd');
}
