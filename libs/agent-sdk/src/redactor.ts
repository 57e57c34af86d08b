import { createHmac } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { canonicalJson, REDACTION_MEMBER } from '@reenact/contracts';
import { encodeOutcome, INCIDENT_LIMITS, type ManifestIncident, readJournal, readOutcomes } from '@reenact/pipeline';
import { redactEnvironment } from './redact-environment.js';
import { type FoundText, redactJson } from './redact-json.js';
import { RedactedOffsets } from './redacted-offsets.js';

/** What else than the environment's secrets must not leave the agent. */
export interface RedactionRules {
  /** JSON Pointers (RFC 6901) into each journal record: below `/body`, `/headers` or `/key`. `*` stands for every member or element. */
  journal?: readonly string[];
  /** Into the snapshot. */
  snapshot?: readonly string[];
  /**
   * What no text may hold: in bodies, headers, keys, errors of outcomes, the snapshot, the environment and the incident's title,
   * fingerprint and labels; names of members too.
   */
  patterns?: readonly RegExp[];
}

const MAX_LISTED = 500;
const TOKEN = /(rdx1_[A-Za-z0-9_-]{43})/;
const POINTER = /^(\/([^~/]|~[01])*)+$/;

/** Puts keyed digests in the place of values, the same one for the same value, and keeps a list of what it did. */
export class Redactor {
  private readonly journal: string[][];
  private readonly snapshot: string[][];
  private readonly patterns: RegExp[];
  private readonly done = new Set<string>();
  private readonly records = new RedactedOffsets();

  /** Throws a TypeError on a pointer that is none, or that points at what a record cannot do without. */
  constructor(
    private readonly key: Uint8Array,
    rules: RedactionRules = {},
  ) {
    this.journal = (rules.journal ?? []).map(parsePointer).map(journalPath);
    this.snapshot = (rules.snapshot ?? []).map(parsePointer);
    this.patterns = (rules.patterns ?? []).map(
      ({ source, flags }) => new RegExp(source, flags.includes('g') ? flags : `${flags}g`),
    );
  }

  /** What was redacted: file, path and kind, each once; a last line says so when there was more. */
  get redactions(): string[] {
    const listed = [...this.done].slice(0, MAX_LISTED);
    return this.done.size > MAX_LISTED ? [...listed, `and ${this.done.size - MAX_LISTED} more`] : listed;
  }

  /** The journal's lines without what must not leave. */
  async *journalOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const { line, offset } of readJournal(chunks)) {
      const shown = this.record(line);
      if (shown !== line) this.records.add(offset);
      yield Buffer.from(`${shown}\n`);
    }
  }

  /**
   * The outcomes' lines, once the journal was read to its end. The plain digest of a payload that was made of a redacted record would
   * let one try out what the value was, so it is left out; `carriesOver`: a record also goes into actions of later ones.
   */
  async *outcomesOf(chunks: AsyncIterable<Uint8Array>, carriesOver: boolean): AsyncGenerator<Uint8Array> {
    for await (const { payloadSha256, error, ...outcome } of readOutcomes(chunks)) {
      const { offset } = outcome;
      const isGuessable = carriesOver ? this.records.hasUpTo(offset) : this.records.has(offset);
      if (isGuessable && payloadSha256 !== undefined) this.note('outcomes.ndjson', '/payloadSha256', 'redacted input');
      const shown = {
        ...outcome,
        ...(payloadSha256 !== undefined && !isGuessable && { payloadSha256 }),
        ...(error !== undefined && { error: this.text(error, 'outcomes.ndjson', ['error']) }),
      };
      yield Buffer.from(`${encodeOutcome(shown)}\n`);
    }
  }

  /** A process's environment, as JSON: what looks like a secret is hidden, whatever the rules. */
  environmentOf(process: Parameters<typeof redactEnvironment>[0]): string {
    const { environment, redacted } = redactEnvironment(process, (secret) => this.token(secret));
    for (const path of redacted) this.note('environment.json', this.hideAll(path), 'secret');
    return this.json(canonicalJson(environment), 'environment.json', [], []);
  }

  /** A JSON text of the snapshot. */
  snapshotOf(json: string): string {
    return this.json(json, 'snapshot.json', this.snapshot, []);
  }

  /** What is told of the incident; a text that outgrew its place becomes one digest. */
  incidentOf({ title, fingerprint, labels, ...rest }: ManifestIncident): ManifestIncident {
    const file = 'manifest.json';
    const fit = (shown: string, text: string, max: number) => (shown !== text && shown.length > max ? this.token(text) : shown);
    const text = (value: string, ...path: string[]) => this.text(value, file, ['incident', ...path]);
    const label = ([name, value]: [string, string]) => [
      fit(this.name(name, ['incident', 'labels'], file), name, INCIDENT_LIMITS.labelName),
      fit(text(value, 'labels', name), value, INCIDENT_LIMITS.label),
    ];
    return {
      ...rest,
      title: fit(text(title, 'title'), title, INCIDENT_LIMITS.title),
      fingerprint: fit(text(fingerprint, 'fingerprint'), fingerprint, INCIDENT_LIMITS.fingerprint),
      ...(labels && { labels: Object.fromEntries(Object.entries(labels).map(label)) as Record<string, string> }),
    };
  }

  private note(file: string, path: string, kind: string): void {
    if (this.done.size <= 100_000) this.done.add(`${file} ${path} (${kind})`);
  }

  private record(line: string): string {
    const shown = this.json(line, 'journal.ndjson', this.journal, []);
    const { bodyBase64 } = JSON.parse(shown) as { bodyBase64?: string };
    if (bodyBase64 === undefined) return shown;
    const bytes = Buffer.from(bodyBase64, 'base64');
    const redacted = this.rawBody(bytes);
    if (redacted.equals(bytes)) return shown;
    return redactJson(shown, {
      replace: (path) =>
        path.length === 1 && path[0] === 'bodyBase64' ? JSON.stringify(redacted.toString('base64')) : undefined,
      text: ({ text }) => text,
      name: (name) => name,
    });
  }

  /** Captured bytes: JSON is redacted as JSON, other text by pattern; what is no text only as a whole. */
  private rawBody(bytes: Buffer): Buffer {
    if (this.journal.some((path) => path.length === 1 && path[0] === 'body')) {
      this.note('journal.ndjson', '/body', 'pointer');
      return Buffer.from(this.token(bytes));
    }
    if (!isUtf8(bytes)) return bytes;
    const text = bytes.toString('utf8');
    return Buffer.from(
      isJson(text) ? this.json(text, 'journal.ndjson', this.journal, ['body']) : this.text(text, 'journal.ndjson', ['body']),
    );
  }

  private json(json: string, file: string, pointers: readonly string[][], root: string[]): string {
    return redactJson(
      json,
      {
        replace: (path, raw) => {
          if (!pointers.some((pointer) => matches(pointer, path))) return undefined;
          const token = this.token(raw.startsWith('"') ? (JSON.parse(raw) as string) : raw);
          this.note(file, this.place(path, file), 'pointer');
          return JSON.stringify(mustBeText(file, path) ? token : { [REDACTION_MEMBER]: token });
        },
        text: ({ text, path }) => (file === 'journal.ndjson' && isFixed(path) ? text : this.text(text, file, path)),
        name: (name, path) => (isFormat(file, path) ? name : this.name(name, path, file)),
      },
      root,
    );
  }

  private text(text: string, file: string, path: readonly string[]): string {
    const shown = this.hideAll(text);
    if (shown !== text) this.note(file, this.place(path, file), 'pattern');
    return shown;
  }

  private name(name: string, path: readonly string[], file: string): string {
    const shown = this.hideAll(name);
    if (shown !== name) this.note(file, this.place([...path, name], file), 'name');
    return shown;
  }

  /** How a path is listed: nothing in it that no text may hold, and all elements of an array as one. */
  private place(path: readonly string[], file: string): string {
    return general(path.map((name, n) => (isFormat(file, path.slice(0, n)) ? name : this.hideAll(name))));
  }

  private hideAll(text: string): string {
    let shown = text;
    for (const pattern of this.patterns) {
      // What is a token already is no secret any more, whatever it looks like.
      const parts = shown
        .split(TOKEN)
        .map((part, n) => (n % 2 === 1 ? part : part.replace(pattern, (found) => this.hide(found))));
      shown = parts.join('');
    }
    return shown;
  }

  private hide(found: string): string {
    return found === '' ? '' : this.token(found);
  }

  private token(value: string | Uint8Array): string {
    return `rdx1_${createHmac('sha256', this.key).update(value).digest('base64url')}`;
  }
}

/** The bytes of a redacted stream, once more for each call, as a bundle's entry needs them. */
export const again = (make: () => AsyncIterable<Uint8Array>) => () => Readable.from(make());

function parsePointer(pointer: string): string[] {
  if (!POINTER.test(pointer)) throw new TypeError(`${JSON.stringify(pointer)} is not a JSON Pointer to a part`);
  return pointer
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Headers stay a map, and their names are compared in lower case. */
function journalPath(path: string[]): string[] {
  if (path[0] === 'headers') return ['headers', (path[1] ?? '*').toLowerCase()];
  if (path[0] === 'body' || (path[0] === 'key' && path.length === 1)) return path;
  throw new TypeError(`/${path.join('/')} cannot be redacted: a journal record needs it`);
}

function matches(pointer: readonly string[], path: readonly string[]): boolean {
  const name = (token: string) => (path[0] === 'headers' && pointer[0] === 'headers' ? token.toLowerCase() : token);
  return pointer.length === path.length && pointer.every((token, n) => token === '*' || token === name(path[n]));
}

const mustBeText = (file: string, path: readonly string[]) =>
  file === 'journal.ndjson' && (path[0] === 'headers' || path[0] === 'key');

/** Parts of a record that are no captured text. */
const isFixed = ([first]: FoundText['path']) => first === 'at' || first === 'bodyBase64';

/** Whether the members of that object are those of the file's format, not captured ones. */
const isFormat = (file: string, path: readonly string[]) => {
  if (file === 'manifest.json') return path.at(-1) !== 'labels';
  return file !== 'snapshot.json' && (file !== 'journal.ndjson' || path.length === 0);
};

/** The path with its array indexes left out, so that equal places of many elements are listed once. */
const general = (path: readonly string[]) =>
  `/${path.map((token) => (/^\d+$/.test(token) ? '*' : token)).join('/')}`.slice(0, 300);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
