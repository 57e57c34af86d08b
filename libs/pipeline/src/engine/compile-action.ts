import { canonicalJson } from '@reenact/contracts';
import { InexactNumber } from '../expression/exact-json.js';
import { spendOfRecord } from '../expression/cost-meter.js';
import { MAX_JSON_DEPTH, fromCel } from '../expression/cel-value.js';
import { isDeeperThan } from '@reenact/contracts';
import { compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { ActionSpec, ActionStage } from '../spec/spec-model.js';
import type { EngineAction } from './action.js';
import { checkHttpPath, checkNatsSubject } from './address.js';
import { checkHeader } from './header-value.js';
import type { Item } from './item.js';

/** Makes the action that an item asks for; `n` numbers it. */
export type ActionMaker = (item: Item, n: number) => EngineAction;

interface Payload {
  bytes: Buffer;
  contentType?: string;
}

/** Compiles the expressions of an action stage. */
export function compileAction(stage: ActionStage): ActionMaker {
  const { id, action, idempotent = false } = stage;
  const { kind, target } = action;
  const address = compileAddress(action);
  const payload = compileBody(action);
  const headers = compileHeaders(action.headers ?? []);
  return (item, n) => {
    const { bytes, contentType } = payload(item);
    spendOfRecord(bytes.length);
    const passed = headers(item, contentType);
    const made: EngineAction = {
      offset: item.record.offset,
      stage: id,
      n,
      kind,
      target,
      ...address(item),
      payload: bytes,
      idempotent,
    };
    if (passed) made.headers = passed;
    return made;
  };
}

function compileAddress(action: ActionSpec): (item: Item) => { method: string; path: string } | { subject: string } {
  if (action.kind === 'nats') {
    const subject = compileExpression(action.subject);
    return (item) => ({ subject: checkNatsSubject(subject(item)) });
  }
  const path = compileExpression(action.path);
  const method = action.method ?? 'POST';
  return (item) => ({ method, path: checkHttpPath(path(item)) });
}

function compileBody(action: ActionSpec): (item: Item) => Payload {
  const bodyless = action.kind === 'http' && (action.method === 'GET' || action.method === 'DELETE');
  const body = action.body ?? (bodyless ? undefined : 'value');
  if (body === undefined) return () => ({ bytes: Buffer.alloc(0) });
  if (body === 'raw') return (item) => ({ bytes: item.record.rawBody });
  if (body === 'value') return (item) => encode(item.json);
  const expression = compileExpression(body);
  return (item) => {
    const result = expression(item);
    return encode(result instanceof Uint8Array ? result : fromCel(result));
  };
}

function encode(value: unknown): Payload {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value), contentType: 'application/octet-stream' };
  if (value instanceof InexactNumber) value.toJSON();
  if (isDeeperThan(value, MAX_JSON_DEPTH)) {
    throw new StageError('result_too_large', `the body is more than ${MAX_JSON_DEPTH} levels deep`);
  }
  return { bytes: Buffer.from(canonicalJson(value), 'utf8'), contentType: 'application/json' };
}

type Headers = Record<string, string>;

/** The captured headers that the spec lets through, and the type of what is sent; sorted by name. */
function compileHeaders(passed: string[]): (item: Item, contentType: string | undefined) => Headers | undefined {
  if (passed.length === 0)
    return (_item, contentType) => (contentType === undefined ? undefined : { 'content-type': contentType });
  const allowed = passed.map((name) => name.toLowerCase());
  return (item, contentType) => {
    const captured = item.record.headers;
    const present = allowed.filter((name) => Object.hasOwn(captured, name));
    const headers = new Map(present.map((name) => [name, checkHeader(name, captured[name])]));
    if (contentType !== undefined) headers.set('content-type', contentType);
    if (headers.size === 0) return undefined;
    return Object.fromEntries([...headers].sort(([a], [b]) => (a < b ? -1 : 1)));
  };
}
