import { canonicalJson } from '@reenact/contracts';
import { InexactNumber } from '../expression/exact-json.js';
import { MAX_JSON_DEPTH, fromCel } from '../expression/cel-value.js';
import { isDeeperThan } from '../decoding/depth.js';
import { compileExpression } from '../expression/compile-expression.js';
import { StageError } from '../expression/stage-error.js';
import type { ActionSpec, ActionStage } from '../spec/spec-model.js';
import type { EngineAction } from './action.js';
import { checkHttpPath, checkNatsSubject } from './address.js';
import type { Item } from './item.js';

/** Makes the action that an item asks for; `n` is numbered by the run. */
export type ActionMaker = (item: Item) => Omit<EngineAction, 'n'>;

interface Payload {
  bytes: Buffer;
  contentType?: string;
}

/** Compiles the expressions of an action stage. */
export function compileAction(stage: ActionStage): ActionMaker {
  const { action } = stage;
  const address = compileAddress(action);
  const payload = compileBody(action);
  const allowed = [...(action.headers ?? [])].map((name) => name.toLowerCase()).sort();
  return (item) => {
    const { bytes, contentType } = payload(item);
    const headers = passedHeaders(item, allowed, contentType);
    return {
      offset: item.record.offset,
      stage: stage.id,
      kind: action.kind,
      target: action.target,
      ...address(item),
      ...(headers && { headers }),
      payload: bytes,
      idempotent: stage.idempotent ?? false,
    };
  };
}

function compileAddress(action: ActionSpec): (item: Item) => { method: string; path: string } | { subject: string } {
  if (action.kind === 'nats') {
    const subject = compileExpression(action.subject);
    return (item) => ({ subject: checkNatsSubject(subject(item.variables)) });
  }
  const path = compileExpression(action.path);
  const method = action.method ?? 'POST';
  return (item) => ({ method, path: checkHttpPath(path(item.variables)) });
}

function compileBody(action: ActionSpec): (item: Item) => Payload {
  const bodyless = action.kind === 'http' && (action.method === 'GET' || action.method === 'DELETE');
  const body = action.body ?? (bodyless ? undefined : 'value');
  if (body === undefined) return () => ({ bytes: Buffer.alloc(0) });
  if (body === 'raw') return (item) => ({ bytes: item.record.rawBody });
  if (body === 'value') return (item) => encode(item.value);
  const expression = compileExpression(body);
  return (item) => {
    const result = expression(item.variables);
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

/** The captured headers that the spec lets through, and the type of what is sent; sorted by name. */
function passedHeaders(item: Item, allowed: string[], contentType: string | undefined): Record<string, string> | undefined {
  const captured = item.record.headers;
  const headers = new Map(allowed.filter((name) => Object.hasOwn(captured, name)).map((name) => [name, captured[name]]));
  if (contentType !== undefined) headers.set('content-type', contentType);
  if (headers.size === 0) return undefined;
  return Object.fromEntries([...headers].sort(([a], [b]) => (a < b ? -1 : 1)));
}
