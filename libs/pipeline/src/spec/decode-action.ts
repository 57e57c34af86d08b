import { TARGET_NAME_PATTERN } from '@reenact/contracts';
import type { Faults } from '../decoding/faults.js';
import { ObjectReader } from '../decoding/object-reader.js';
import { checkExpression } from '../expression/check-expression.js';
import { decodeExpression } from './decode-expression.js';
import { PATH, SUBJECT } from './result-rules.js';
import { HEADER_NAME_PATTERN, HTTP_METHODS, SPEC_LIMITS } from './spec-model.js';

/** Headers that describe the connection, the message or the sender's own identity: never passed on from a capture. */
const OWN_HEADERS = new Set([
  'host',
  'content-length',
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'idempotency-key',
]);

/** Reads the `action` member of an action stage. */
export function decodeAction(json: unknown, path: string, faults: Faults): void {
  if (json === undefined) return;
  const reader = ObjectReader.of(json, path, faults);
  if (!reader) return;
  const kind = reader.word('kind', ['http', 'nats']);
  reader.text('target', {
    max: 63,
    pattern: TARGET_NAME_PATTERN,
    meaning: 'must be the literal name of a target: lower-case letters, digits, dashes, underscores',
  });
  let bodyless = false;
  if (kind === 'http') {
    const method = reader.has('method') ? reader.word('method', HTTP_METHODS) : 'POST';
    bodyless = method === 'GET';
    decodeExpression(reader, 'path', PATH);
  }
  if (kind === 'nats') decodeExpression(reader, 'subject', SUBJECT);
  decodeBody(reader, bodyless);
  decodeHeaders(reader);
  if (kind === 'http' || kind === 'nats') reader.end();
}

function decodeBody(reader: ObjectReader, bodyless: boolean): void {
  const body = reader.optionalText('body', { max: SPEC_LIMITS.expressionLength });
  if (body === undefined) return;
  if (bodyless) reader.fault('body', 'is not sent with GET');
  const fault = body === 'value' || body === 'raw' ? undefined : checkExpression(body);
  if (fault) reader.fault('body', fault);
}

function decodeHeaders(reader: ObjectReader): void {
  if (!reader.has('headers')) return;
  const names = reader.list('headers', 0, SPEC_LIMITS.headers);
  names.forEach((name, index) => {
    const path = `${reader.at('headers')}/${index}`;
    const text = reader.checkText(name, path, { max: 128, pattern: HEADER_NAME_PATTERN, meaning: 'must be a header name' });
    if (text && OWN_HEADERS.has(text.toLowerCase())) reader.fault('headers', `must not pass on ${text}`);
  });
  const lower = names.map((name) => String(name).toLowerCase());
  if (new Set(lower).size !== lower.length) reader.fault('headers', 'names a header twice');
}
