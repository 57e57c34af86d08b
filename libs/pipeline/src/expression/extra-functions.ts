import { hash } from 'node:crypto';
import type { Environment } from '@marcbachmann/cel-js';
import { toCel } from './cel-value.js';
import { spend } from './cost-meter.js';
import { parseExactJson } from './exact-json.js';
import { jsonCost } from './expression-cost.js';
import { matchesLinear } from './linear-regexp.js';
import { durationText, parseTimestamp, TIME_PARTS, timePart, timestampOf } from './time-functions.js';

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What `base64` is in an expression: a name for functions to stand behind. */
class Base64Namespace {}

/** The function that finds a pattern in a text. */
export const MATCHES = 'matchesLinear';

/**
 * What stands in for functions of the library that take too long, or answer by where they run: their names in expressions are renamed to
 * these before they are checked.
 */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['matches', MATCHES],
  ['json', 'jsonExact'],
  ['timestamp', 'timestampExact'],
  ...TIME_PARTS.map((name): [string, string] => [name, `${name}Exact`]),
]);

/** The name under which a function runs. Of times, what takes no zone is right in the library, and is a duration's too, but for one. */
export function standInFor(name: string, argumentCount: number): string {
  const isRight = TIME_PARTS.includes(name) && argumentCount === 0 && name !== 'getDayOfYear';
  return isRight ? name : (STAND_INS.get(name) ?? name);
}

/** A message with functions named as expressions name them. */
export function asWritten(message: string): string {
  return message.replaceAll(/\b(\w+)(?:Linear|Exact)\b/g, (own, name: string) => (STAND_INS.get(name) === own ? name : own));
}

/** Adds what the library lacks of CEL's standard functions and of its encoders, a digest, and what stands in for functions of its own. */
export function registerExtraFunctions(environment: Environment): Environment {
  const functions: Record<string, (...args: never[]) => unknown> = {
    [`string.${MATCHES}(string): bool`]: matchesLinear,
    'Base64Namespace.encode(bytes): string': (_base64: Base64Namespace, bytes: Uint8Array) => asBuffer(bytes).toString('base64'),
    'Base64Namespace.decode(string): bytes': (_base64: Base64Namespace, text: string) => decodeBase64(text),
    'sha256(string): string': (text: string) => hash('sha256', text, 'hex'),
    'sha256(bytes): string': (bytes: Uint8Array) => hash('sha256', bytes, 'hex'),
    'string(google.protobuf.Timestamp): string': (time: Date) => time.toISOString().replace(/\.?0+Z$/, 'Z'),
    'string(google.protobuf.Duration): string': durationText,
    'int(google.protobuf.Timestamp): int': (time: Date) => BigInt(Math.floor(time.getTime() / 1000)),
    'bytes.jsonExact(): dyn': parseJson,
    'timestampExact(string): google.protobuf.Timestamp': parseTimestamp,
    'timestampExact(int): google.protobuf.Timestamp': timestampOf,
    'google.protobuf.Timestamp.getDayOfYearExact(): int': (time: Date) => timePart('getDayOfYear', time),
  };
  for (const name of TIME_PARTS) {
    functions[`google.protobuf.Timestamp.${name}Exact(string): int`] = (time: Date, zone: string) => timePart(name, time, zone);
  }
  environment.registerType('Base64Namespace', Base64Namespace);
  environment.registerConstant('base64', 'Base64Namespace', new Base64Namespace());
  for (const [signature, handler] of Object.entries(functions)) {
    environment.registerFunction(signature, handler as () => unknown, { async: false } as never);
  }
  return environment;
}

/** Its cost is known once it is text. */
function parseJson(bytes: Uint8Array): unknown {
  const text = asBuffer(bytes).toString('utf8');
  spend(jsonCost(text));
  return toCel(parseExactJson(text));
}

function decodeBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  const unpadded = text.replace(/={1,2}$/, '');
  if (!BASE64.test(text) || bytes.toString('base64').replace(/={1,2}$/, '') !== unpadded)
    throw new TypeError('base64.decode: not base64');
  return bytes;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
