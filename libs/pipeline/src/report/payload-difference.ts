import { isDeeperThan } from '@reenact/contracts';
import { isObject } from '../decoding/object-reader.js';
import { MAX_JSON_DEPTH } from '../expression/cel-value.js';
import { InexactNumber, parseExactJson } from '../expression/exact-json.js';

/** Larger payloads are not looked into: reports are made while others wait. */
const MAX_SIZE = 256 * 1024;
const MAX_POINTER = 300;

/** Where two JSON payloads first differ, and how; never with what: reports are read by people who may not see payloads. */
export interface PayloadDifference {
  /** JSON Pointer (RFC 6901), cut off after 300 characters; empty for the whole. */
  pointer: string;
  /** `missing`: only in the recorded one; `added`: only in the other one; else in both, with another value, or one of another type. */
  kind: 'missing' | 'added' | 'type' | 'value';
}

/** The first difference in the order of member names and of items; undefined where one is no JSON, too large, or written otherwise only. */
export function payloadDifference(recorded: Buffer, ran: Buffer): PayloadDifference | undefined {
  const [before, after] = [recorded, ran].map(jsonOf);
  if (before === undefined || after === undefined) return undefined;
  const found = firstDifference(before, after);
  return found && { pointer: pointerOf(found.path), kind: found.kind };
}

interface Found {
  kind: PayloadDifference['kind'];
  path: string[];
}

function jsonOf(payload: Buffer): unknown {
  if (payload.length > MAX_SIZE) return undefined;
  try {
    const json = parseExactJson(payload.toString('utf8'));
    return isDeeperThan(json, MAX_JSON_DEPTH) ? undefined : json;
  } catch {
    return undefined;
  }
}

function firstDifference(before: unknown, after: unknown): Found | undefined {
  const [one, other] = [typeOf(before), typeOf(after)];
  if (one !== other) return { kind: 'type', path: [] };
  if (one === 'list') return inItems(before as unknown[], after as unknown[]);
  if (one === 'object') return inMembers(before as Members, after as Members);
  const same = before instanceof InexactNumber ? before.text === (after as InexactNumber).text : before === after;
  return same ? undefined : { kind: 'value', path: [] };
}

type Members = Record<string, unknown>;

function inItems(before: readonly unknown[], after: readonly unknown[]): Found | undefined {
  for (let at = 0; at < Math.max(before.length, after.length); at += 1) {
    const found = inPart(at < before.length, at < after.length, before[at], after[at]);
    if (found) return { ...found, path: [String(at), ...found.path] };
  }
  return undefined;
}

function inMembers(before: Members, after: Members): Found | undefined {
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const found = inPart(Object.hasOwn(before, name), Object.hasOwn(after, name), before[name], after[name]);
    if (found) return { ...found, path: [name, ...found.path] };
  }
  return undefined;
}

function inPart(isBefore: boolean, isAfter: boolean, before: unknown, after: unknown): Found | undefined {
  if (isBefore && isAfter) return firstDifference(before, after);
  return { kind: isBefore ? 'missing' : 'added', path: [] };
}

function typeOf(value: unknown): string {
  if (value instanceof InexactNumber) return 'inexact number';
  if (Array.isArray(value)) return 'list';
  return isObject(value) ? 'object' : value === null ? 'null' : typeof value;
}

function pointerOf(path: readonly string[]): string {
  const pointer = path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return pointer.slice(0, MAX_POINTER);
}
