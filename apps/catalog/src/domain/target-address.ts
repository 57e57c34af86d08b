import { type FieldError, Problem, type TargetHeader, type TargetKind, type TargetLimits } from '@reenact/contracts';
import { targetHostFault } from '@reenact/pipeline';

const PROTOCOLS: Record<TargetKind, string[]> = { http: ['http:', 'https:'], nats: ['nats:', 'tls:'] };
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const HEADER_VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
const SECRET_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,127}$/;
const MAX_HEADERS = 32;
const MAX_VALUE_LENGTH = 4096;
/** They frame the request or name its peer: the runner's own. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Throws `validation_failed` unless the address is one a runner can be pinned to: absolute, of the kind, without credentials. */
export function checkTargetUrl(kind: TargetKind, url: string): void {
  const message = faultOfUrl(kind, url);
  if (message) throw new Problem('validation_failed', { errors: [{ path: '/url', message }] });
}

function faultOfUrl(kind: TargetKind, url: string): string | undefined {
  // A URL parser forgives what follows here; what is stored must mean the same to every reader.
  if (!/^[\x21-\x7e]+$/.test(url) || url.includes('\\')) return 'must be printable ASCII without spaces and backslashes';
  if (!/^[a-z]+:\/\/[^/]/.test(url) || !URL.canParse(url)) return 'must be an absolute URL';
  const parsed = new URL(url);
  if (!PROTOCOLS[kind].includes(parsed.protocol)) return `must begin with ${PROTOCOLS[kind].join('// or ')}//`;
  if (parsed.hostname === '') return 'must name a host';
  const host = targetHostFault(url);
  if (host) return `must name its host plainly: ${host}`;
  if (parsed.username !== '' || parsed.password !== '') return 'must not carry credentials: use a header with a secretRef';
  if (parsed.search !== '' || parsed.hash !== '' || url.endsWith('?') || url.endsWith('#'))
    return 'must not have a query or a fragment';
  if (kind === 'nats' && !['', '/'].includes(parsed.pathname)) return 'must not have a path';
  return undefined;
}

/** The headers, their names in lower case. Throws `validation_failed` with every fault. */
export function checkTargetHeaders(headers: Record<string, unknown>): Record<string, TargetHeader> {
  const errors: FieldError[] = [];
  const checked = new Map<string, TargetHeader>();
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) errors.push({ path: '/headers', message: `must have at most ${MAX_HEADERS} members` });
  for (const [name, header] of entries) {
    const lower = name.toLowerCase();
    const message = checked.has(lower) ? 'is there twice' : (faultOfName(lower) ?? faultOfHeader(header));
    if (message) errors.push({ path: `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, message });
    checked.set(lower, header as TargetHeader);
  }
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
  return Object.fromEntries(checked);
}

function faultOfName(name: string): string | undefined {
  if (!HEADER_NAME.test(name)) return 'is not the name of a header';
  return RESERVED_HEADERS.has(name) ? 'is set by the runner' : undefined;
}

function faultOfHeader(header: unknown): string | undefined {
  const shape = 'must be {"value": text} or {"secretRef": name}';
  if (typeof header !== 'object' || header === null || Array.isArray(header)) return shape;
  const [[member, text] = [], ...others] = Object.entries(header);
  if (others.length > 0 || typeof text !== 'string') return shape;
  if (member === 'value') {
    return HEADER_VALUE.test(text) && text.length <= MAX_VALUE_LENGTH
      ? undefined
      : `its value must be 1 to ${MAX_VALUE_LENGTH} printable ASCII characters`;
  }
  if (member === 'secretRef') return SECRET_NAME.test(text) ? undefined : 'its secretRef must be letters, digits, dots, dashes';
  return shape;
}

/** The limits that say something, if any does. */
export function givenLimits(limits: TargetLimits = {}): { limits?: TargetLimits } {
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return Object.keys(given).length > 0 ? { limits: given } : {};
}
