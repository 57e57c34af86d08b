import { TypeID } from 'typeid-js';

/** Every kind of id, by the word code uses for it; the value is the prefix that outsiders see. */
export const ID_PREFIXES = {
  organisation: 'org',
  project: 'prj',
  environment: 'env',
  agent: 'agt',
  key: 'key',
  version: 'ver',
  deployment: 'dep',
  artifact: 'art',
  incident: 'inc',
  escalation: 'esc',
  replay: 'rpl',
  approval: 'apr',
  user: 'usr',
  token: 'tok',
  enrolment: 'enr',
  target: 'tgt',
  subscription: 'sub',
  postureChange: 'pch',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

/** A fresh id of a kind: a TypeID (prefix and UUIDv7), so that ids sort by time of birth. */
export function newId(kind: IdKind): string {
  return new TypeID(ID_PREFIXES[kind]).toString();
}

/** A fresh UUIDv7 in its usual 36-character form; message ids use it. */
export function newUuid(): string {
  return new TypeID('').toUUID();
}

/** True when the text is a well-formed id of that kind. Never throws. */
export function isId(kind: IdKind, text: unknown): text is string {
  return idKind(text) === kind;
}

/** The kind that a well-formed id names, or undefined. Never throws. */
export function idKind(text: unknown): IdKind | undefined {
  if (typeof text !== 'string') return undefined;
  const match = /^([a-z]{3})_([0-7][0-9a-hjkmnp-tv-z]{25})$/.exec(text);
  return match ? KIND_BY_PREFIX.get(match[1]) : undefined;
}

const KIND_BY_PREFIX = new Map<string, IdKind>(Object.entries(ID_PREFIXES).map(([kind, prefix]) => [prefix, kind as IdKind]));
