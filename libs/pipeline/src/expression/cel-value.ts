import { spendOfRecord } from './cost-meter.js';
import { InexactNumber } from './exact-json.js';
import { StageError } from './stage-error.js';
import { durationText } from './time-functions.js';

/** Deeper JSON is refused: nothing real is, and recursion has to end. */
export const MAX_JSON_DEPTH = 128;
/** Nodes plus text characters that a result of an expression may have. */
export const MAX_RESULT_SIZE = 4 * 1024 * 1024;

const INDEX_LIKE = /^\d/;
/** Of looking at one node of a result. */
const NODE_COST = 30;

/** What a result may still have, and the nodes that were looked at. */
interface Size {
  left: number;
  nodes: number;
}

/**
 * A JSON value as CEL sees it: whole numbers are ints (BigInt), others doubles, objects are Maps (so that no member name means
 * anything to JavaScript). Bytes stay bytes.
 */
export function toCel(value: unknown, depth = 0): unknown {
  if (depth > MAX_JSON_DEPTH) throw new StageError('expression_failed', `JSON is more than ${MAX_JSON_DEPTH} levels deep`);
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) return Number.isFinite(value) ? value : new InexactNumber(String(value));
    return Number.isSafeInteger(value) ? BigInt(value) : new InexactNumber(String(value));
  }
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof InexactNumber || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((item) => toCel(item, depth + 1));
  const map = new Map<string, unknown>();
  for (const name of Object.keys(value)) map.set(name, toCel((value as Record<string, unknown>)[name], depth + 1));
  return map;
}

/** The JSON value of a CEL result. Throws a StageError when JSON cannot hold it, or cannot hold it exactly, or it is too large. */
export function fromCel(value: unknown): unknown {
  return counted((size) => convert(value, 0, size));
}

/**
 * Whether a CEL result is what `toCel` would make of its JSON, and within the limits of `fromCel`: it then may be passed on as it is. False
 * where that is not plain to see.
 */
export function isJsonLike(value: unknown): boolean {
  return counted((size) => isSettled(value, 0, size));
}

/** Results share their parts, so that looking at a small one may be much work: the record pays for it. */
function counted<T>(look: (size: Size) => T): T {
  const size = { left: MAX_RESULT_SIZE, nodes: 0 };
  const seen = look(size);
  spendOfRecord(size.nodes * NODE_COST);
  return seen;
}

function isSettled(value: unknown, depth: number, size: Size): boolean {
  size.nodes += 1;
  size.left -= typeof value === 'string' ? value.length + 1 : 1;
  if (size.left < 0 || depth > MAX_JSON_DEPTH) return false;
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'bigint':
      return Number.isSafeInteger(Number(value));
    case 'number':
      return Number.isFinite(value) && !Number.isInteger(value);
    default:
  }
  if (value === null) return true;
  if (Array.isArray(value)) return value.every((item) => isSettled(item, depth + 1, size));
  if (!(value instanceof Map)) return false;
  for (const [name, item] of value as Map<unknown, unknown>) {
    // Of an object, members named by numbers come first.
    if (typeof name !== 'string' || INDEX_LIKE.test(name)) return false;
    size.left -= name.length;
    if (!isSettled(item, depth + 1, size)) return false;
  }
  return true;
}

function convert(value: unknown, depth: number, size: Size): unknown {
  if (depth > MAX_JSON_DEPTH) throw new StageError('result_too_large', `the result is more than ${MAX_JSON_DEPTH} levels deep`);
  size.nodes += 1;
  spend(size, 1);
  switch (typeof value) {
    case 'string':
      spend(size, value.length);
      return value;
    case 'boolean':
      return value;
    case 'bigint':
      return exactInteger(value);
    case 'number':
      return exactDouble(value);
    default:
  }
  if (value === null) return null;
  if (value instanceof InexactNumber) return value.toJSON();
  if (Array.isArray(value)) return value.map((item) => convert(item, depth + 1, size));
  if (value instanceof Map) return convertEntries(value as Map<unknown, unknown>, depth, size);
  if (value instanceof Uint8Array) {
    spend(size, value.length * 2);
    return Buffer.from(value).toString('base64');
  }
  if (value instanceof Date) return exactTime(value);
  if (isPlainObject(value)) return convertEntries(Object.entries(value), depth, size);
  return convertOther(value);
}

function convertEntries(entries: Iterable<[unknown, unknown]>, depth: number, size: Size): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    const name = String(key);
    spend(size, name.length);
    const value = convert(item, depth + 1, size);
    // An assignment would change what the object is, and not give it a member.
    if (name === '__proto__')
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    else object[name] = value;
  }
  return object;
}

/** CEL's uint and duration; a type itself has no JSON. */
function convertOther(value: unknown): unknown {
  const inner = (value as { valueOf(): unknown } | undefined)?.valueOf();
  if (typeof inner === 'bigint') return exactInteger(inner);
  if (typeof inner === 'number') return durationText(value as { seconds: bigint; nanos: number });
  throw new StageError('result_type', 'the result has no JSON form');
}

function exactInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new StageError('number_not_exact', `the result ${value} cannot be held exactly`);
  return number;
}

/** Adding a duration may leave what a time can be; nothing can be made of it then. */
function exactTime(value: Date): string {
  if (Number.isNaN(value.getTime())) throw new StageError('expression_failed', 'the result is no time: it is too far away');
  return value.toISOString();
}

function exactDouble(value: number): number {
  if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) {
    throw new StageError('number_not_exact', `the result ${value} cannot be held exactly`);
  }
  return value === 0 ? 0 : value;
}

function spend(size: Size, amount: number): void {
  size.left -= amount;
  if (size.left < 0) throw new StageError('result_too_large', `the result is larger than ${MAX_RESULT_SIZE}`);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  const prototype: unknown = typeof value === 'object' && value !== null ? Object.getPrototypeOf(value) : undefined;
  return prototype === null || prototype === Object.prototype;
}
