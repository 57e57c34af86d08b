import { type Sha256, canonicalSha256 } from '@reenact/contracts';
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
