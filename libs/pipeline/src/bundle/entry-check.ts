import { type Sha256, canonicalSha256 } from '@reenact/contracts';
import { JournalIndexer, type JournalPoint } from '../journal/journal-index.js';
import { JournalRecord } from '../journal/journal-record.js';
import { LineSplitter } from '../journal/ndjson-lines.js';
import { atLine } from '../journal/read-journal.js';
import { parseOutcome } from '../journal/read-outcomes.js';
import { parseSpecJson } from '../spec/decode-pipeline.js';
import { kvSpecHash } from '../spec/spec-hash.js';
import { MAX_SPEC_BYTES } from './limits.js';
import type { BundleManifest, ManifestFile } from './manifest.js';

/** Looks at the bytes of one entry while they pass; throws a SyntaxError or Problem that says what is wrong. */
export interface EntryCheck {
  push(chunk: Uint8Array): void;
  end(): void;
}

/** What the checks learn about a journal. */
export interface JournalFacts {
  records: number;
  firstOffset?: number;
  lastOffset?: number;
  /** Places where the next offset is not the previous one plus one. */
  offsetGaps: number;
}

/** The spec's bytes have the hash that the manifest says. */
export class SpecCheck implements EntryCheck {
  private readonly chunks: Buffer[] = [];
  private size = 0;
  json: unknown;

  constructor(
    private readonly file: ManifestFile,
    private readonly manifest: BundleManifest,
  ) {}

  push(chunk: Uint8Array): void {
    this.size += chunk.length;
    if (this.size > MAX_SPEC_BYTES) throw new SyntaxError(`is larger than ${MAX_SPEC_BYTES} bytes`);
    this.chunks.push(Buffer.from(chunk));
  }

  end(): void {
    const bytes = Buffer.concat(this.chunks);
    const hash = this.file.path.endsWith('.kv') ? kvSpecHash(bytes) : this.jsonHash(bytes);
    if (hash !== this.manifest.specHash) throw new SyntaxError(`has the hash ${hash}, not the manifest's specHash`);
  }

  private jsonHash(bytes: Buffer): Sha256 {
    this.json = parseSpecJson(bytes);
    return canonicalSha256(this.json);
  }
}

const OFFSET_FIRST = /^\{"offset":(0|[1-9]\d{0,15}),"at":"/;

/**
 * Journal lines are framed, UTF-8, as many as the manifest says, and their offsets grow. Lines as our writer makes them are not
 * parsed here beyond that (replays do), so that a large journal costs little; others, and the first, are.
 */
export class JournalCheck implements EntryCheck {
  readonly facts: JournalFacts = { records: 0, offsetGaps: 0 };
  private readonly lines = new LineSplitter();
  private readonly index = new JournalIndexer();
  private position = 0;

  constructor(private readonly manifest: BundleManifest) {}

  /** Where readers may begin. */
  get points(): JournalPoint[] {
    return this.index.result();
  }

  push(chunk: Uint8Array): void {
    for (const line of this.lines.push(chunk)) this.check(line);
  }

  end(): void {
    for (const line of this.lines.end()) this.check(line);
    const expected = this.manifest.journal?.records;
    if (this.facts.records !== expected)
      throw new SyntaxError(`has ${this.facts.records} records, the manifest says ${expected}`);
  }

  private check(line: Buffer): void {
    const { facts } = this;
    facts.records += 1;
    const offset = this.offsetOf(line);
    const previous = facts.lastOffset;
    if (previous !== undefined) {
      if (offset <= previous) throw new SyntaxError(`line ${facts.records}: offset ${offset} does not grow`);
      if (offset !== previous + 1) facts.offsetGaps += 1;
    }
    this.index.take(offset, this.position);
    this.position += line.length + 1;
    facts.firstOffset ??= offset;
    facts.lastOffset = offset;
  }

  private offsetOf(line: Buffer): number {
    const match = this.facts.records === 1 ? null : OFFSET_FIRST.exec(line.toString('latin1', 0, 48));
    const offset = Number(match?.[1]);
    if (match && line.at(-1) === 0x7d && Number.isSafeInteger(offset)) return offset;
    return atLine(this.facts.records, () => JournalRecord.parse(line.toString('utf8'))).offset;
  }
}

/** Outcomes lines are what they should be. */
export class OutcomesCheck implements EntryCheck {
  private readonly lines = new LineSplitter();
  private count = 0;

  push(chunk: Uint8Array): void {
    for (const line of this.lines.push(chunk)) this.check(line);
  }

  end(): void {
    for (const line of this.lines.end()) this.check(line);
  }

  private check(line: Buffer): void {
    this.count += 1;
    atLine(this.count, () => parseOutcome(line.toString('utf8')));
  }
}
