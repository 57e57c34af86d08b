import { JournalIndexer, type JournalPoint } from '../journal/journal-index.js';
import { JournalRecord } from '../journal/journal-record.js';
import { LineScanner } from '../journal/line-scanner.js';
import { atLine } from '../journal/read-journal.js';
import type { EntryCheck } from './entry-check.js';
import type { BundleManifest } from './manifest.js';

/** What the checks learn about a journal. */
export interface JournalFacts {
  records: number;
  firstOffset?: number;
  lastOffset?: number;
  /** Places where the next offset is not the previous one plus one. */
  offsetGaps: number;
}

/**
 * Journal lines are framed, UTF-8, as many as the manifest says, and their offsets grow. Lines as our writer makes them are not
 * parsed here beyond that (replays do), so that a large journal costs little; others, and the first, are.
 */
export class JournalCheck implements EntryCheck {
  readonly facts: JournalFacts = { records: 0, offsetGaps: 0 };
  private readonly lines = new LineScanner((bytes, start, end) => this.check(bytes, start, end));
  private readonly index = new JournalIndexer();
  private position = 0;

  constructor(private readonly manifest: BundleManifest) {}

  /** Where readers may begin. */
  get points(): JournalPoint[] {
    return this.index.result();
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
  }

  end(): void {
    this.lines.end();
    const expected = this.manifest.journal?.records;
    if (this.facts.records !== expected)
      throw new SyntaxError(`has ${this.facts.records} records, the manifest says ${expected}`);
  }

  private check(bytes: Buffer, start: number, end: number): void {
    const { facts } = this;
    facts.records += 1;
    const offset = this.offsetOf(bytes, start, end);
    const previous = facts.lastOffset;
    if (previous !== undefined) {
      if (offset <= previous) throw new SyntaxError(`line ${facts.records}: offset ${offset} does not grow`);
      if (offset !== previous + 1) facts.offsetGaps += 1;
    }
    this.index.take(offset, this.position);
    this.position += end - start + 1;
    facts.firstOffset ??= offset;
    facts.lastOffset = offset;
  }

  private offsetOf(bytes: Buffer, start: number, end: number): number {
    const written = this.facts.records === 1 ? undefined : writtenOffset(bytes, start, end);
    return written ?? atLine(this.facts.records, () => JournalRecord.parse(bytes.toString('utf8', start, end))).offset;
  }
}

const BEFORE = Buffer.from('{"offset":');
const AFTER = Buffer.from(',"at":"');
const CLOSING_BRACE = 0x7d;
const ZERO = 0x30;
const MAX_DIGITS = 16;

/** The offset of a line as our writer begins and ends it, read from its bytes; undefined: any other line. */
function writtenOffset(bytes: Buffer, start: number, end: number): number | undefined {
  if (bytes[end - 1] !== CLOSING_BRACE || !holds(bytes, start, BEFORE)) return undefined;
  const first = start + BEFORE.length;
  let at = first;
  let offset = 0;
  for (let digit = bytes[at] - ZERO; digit >= 0 && digit <= 9; digit = bytes[at] - ZERO) {
    offset = offset * 10 + digit;
    at += 1;
  }
  const digits = at - first;
  if (digits === 0 || digits > MAX_DIGITS || (digits > 1 && bytes[first] === ZERO)) return undefined;
  return Number.isSafeInteger(offset) && at + AFTER.length < end && holds(bytes, at, AFTER) ? offset : undefined;
}

function holds(bytes: Buffer, at: number, expected: Buffer): boolean {
  for (let n = 0; n < expected.length; n += 1) if (bytes[at + n] !== expected[n]) return false;
  return true;
}
