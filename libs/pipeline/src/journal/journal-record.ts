import { TIME_PATTERN, sha256 } from '@reenact/contracts';
import { Faults } from '../decoding/faults.js';
import { ObjectReader, isObject } from '../decoding/object-reader.js';
import { parseExactJson } from '../expression/exact-json.js';
import { JsonScanner } from '../expression/json-scanner.js';

/** A record before it is a journal line. Give `bodyBase64` where the captured bytes themselves matter. */
export interface JournalEntry {
  offset: number;
  at: string;
  key?: string;
  headers?: Record<string, string>;
  body?: unknown;
  bodyBase64?: string;
}

const PLAIN_MEMBERS: ReadonlySet<string> = new Set(['offset', 'at', 'key', 'body']);
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/** One captured input record. */
export class JournalRecord {
  private decodedBody: { value: unknown } | undefined;
  private capturedBytes: Buffer | undefined;

  private constructor(
    readonly offset: number,
    readonly at: string,
    readonly key: string | undefined,
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>,
    /** The journal line without its end. */
    readonly line: string,
    private readonly base64: string | undefined,
    private readonly jsonBody: unknown,
  ) {}

  /** Reads a journal line strictly. Throws a SyntaxError that says what is wrong. */
  static parse(line: string): JournalRecord {
    const json = parseExactJson(line);
    return JournalRecord.plain(json, line) ?? JournalRecord.strict(json, line);
  }

  /** What nearly every line is; undefined leaves the rest, and the words for what is wrong, to the strict reader. */
  private static plain(json: unknown, line: string): JournalRecord | undefined {
    if (!isObject(json)) return undefined;
    for (const name in json) if (!PLAIN_MEMBERS.has(name)) return undefined;
    const { offset, at, key, body } = json;
    if (!Number.isSafeInteger(offset) || (offset as number) < 0) return undefined;
    if (typeof at !== 'string' || at.length > 64 || !TIME_PATTERN.test(at)) return undefined;
    if (key !== undefined && (typeof key !== 'string' || key.length > 4096)) return undefined;
    if (body === undefined) return undefined;
    return new JournalRecord(offset as number, at, key, NO_HEADERS, line, undefined, body);
  }

  private static strict(json: unknown, line: string): JournalRecord {
    const faults = new Faults();
    const reader = ObjectReader.of(json, '', faults);
    if (!reader) throw new SyntaxError(faults.first);
    const offset = reader.integer('offset', 0, Number.MAX_SAFE_INTEGER);
    const at = reader.text('at', { max: 64, pattern: TIME_PATTERN, meaning: 'must be an RFC 3339 time' });
    const key = reader.raw('key') === null ? undefined : reader.optionalText('key', { min: 0, max: 4096 });
    const headers = readHeaders(reader);
    const base64 = reader.optionalText('bodyBase64', { min: 0, max: Number.MAX_SAFE_INTEGER });
    const body = reader.raw('body');
    if (base64 !== undefined && reader.has('body')) reader.fault('bodyBase64', 'must not stand beside body');
    if (base64 !== undefined && !isBase64(base64)) reader.fault('bodyBase64', 'must be base64');
    if (base64 === undefined && !reader.has('body')) reader.fault('body', 'is required');
    reader.end();
    if (faults.any) throw new SyntaxError(faults.first);
    return new JournalRecord(offset, at, key, headers, line, base64, body);
  }

  /** The record that the journal would hold. Throws a SyntaxError on what a journal cannot hold. */
  static of(entry: JournalEntry): JournalRecord {
    return JournalRecord.parse(encodeJournalEntry(entry));
  }

  /** JSON with inexact numbers marked; of a base64 body its JSON, or its bytes where it is none. */
  get body(): unknown {
    if (this.base64 === undefined) return this.jsonBody;
    this.decodedBody ??= { value: jsonOrBytes(this.rawBody) };
    return this.decodedBody.value;
  }

  /** The captured bytes: those of `bodyBase64`, else the text of `body` as the journal has it. */
  get rawBody(): Buffer {
    // Looked for once: a record may be sent as it is by many actions.
    this.capturedBytes ??= this.readCapturedBytes();
    return this.capturedBytes;
  }

  private readCapturedBytes(): Buffer {
    if (this.base64 !== undefined) return Buffer.from(this.base64, 'base64');
    return Buffer.from(new JsonScanner(this.line).memberText('body') ?? '', 'utf8');
  }

  /**
   * The record with everything that a global pattern finds replaced, in a base64 body too; undefined where it finds nothing. What is found and
   * what replaces it must mean the same in JSON texts as they stand.
   */
  withText(pattern: RegExp, replace: (found: string) => string): JournalRecord | undefined {
    if (this.base64 === undefined && this.line.search(pattern) < 0) return undefined;
    const line = this.line.replaceAll(pattern, replace);
    const body = this.base64 === undefined ? undefined : this.rawBody.toString('latin1');
    const shown = body?.replaceAll(pattern, replace);
    if (line === this.line && shown === body) return undefined;
    const record = JournalRecord.parse(line);
    if (shown === undefined || shown === body) return record;
    const { offset, at, key, headers } = record;
    return JournalRecord.of({ offset, at, key, headers, bodyBase64: Buffer.from(shown, 'latin1').toString('base64') });
  }

  get size(): number {
    return Buffer.byteLength(this.line, 'utf8') + 1;
  }

  get digest(): string {
    return sha256(this.line);
  }
}

/** The journal line of a record, without its end. */
export function encodeJournalEntry(entry: JournalEntry): string {
  const { offset, at, key, headers, body, bodyBase64 } = entry;
  return JSON.stringify({
    offset,
    at,
    ...(key !== undefined && { key }),
    ...(headers !== undefined && { headers }),
    ...(bodyBase64 === undefined ? { body: body ?? null } : { bodyBase64 }),
  });
}

function readHeaders(reader: ObjectReader): Record<string, string> {
  const value = reader.raw('headers');
  if (value === undefined) return {};
  if (!isObject(value)) {
    reader.fault('headers', 'must be a JSON object');
    return {};
  }
  const headers = new Map<string, string>();
  for (const [name, text] of Object.entries(value)) {
    if (typeof text !== 'string') reader.fault('headers', `must have texts only, not in ${name}`);
    else headers.set(name.toLowerCase(), text);
  }
  return Object.fromEntries(headers);
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && Buffer.from(text, 'base64').toString('base64') === text;
}

function jsonOrBytes(bytes: Buffer): unknown {
  try {
    return parseExactJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return bytes;
  }
}
