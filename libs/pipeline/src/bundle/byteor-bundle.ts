import { createHash } from 'node:crypto';
import type { RejectionCode, Sha256 } from '@reenact/contracts';
import { kvSpecHash } from '../spec/spec-hash.js';
import { malformed } from './archive-problem.js';
import { type DocumentRule, documentFault, environment, policyAudit, runtime, specValidation } from './byteor-documents.js';
import type { EntryFacts } from './entry-facts.js';
import { readSmall } from './read-small.js';
import { MAX_SPEC_BYTES } from './limits.js';
import type { BundleRole } from './manifest.js';
import type { TarEntry } from './tar-entries.js';
import { TextCheck } from './text-check.js';

export const BYTEOR_FORMAT = 'byteor.bundle/v1';

/** What one pass over a bundle in the ByteOr v1 layout tells: it has no manifest, and can be looked at only. */
export interface ByteorFacts {
  type: 'incident_bundle';
  format: typeof BYTEOR_FORMAT;
  manifest?: undefined;
  journal?: undefined;
  /** Of the bytes of `spec.kv`. */
  specHash: Sha256;
  size: number;
  unpackedSize: number;
  compressed: boolean;
  entries: EntryFacts[];
  replayable: { ok: false; code: RejectionCode };
}

interface FileRule {
  role: BundleRole;
  required: boolean;
  document?: DocumentRule;
}

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

const FILES: Readonly<Record<string, FileRule>> = {
  'spec.kv': { role: 'spec', required: true },
  'spec_validation.json': { role: 'log', required: true, document: specValidation },
  'runtime.json': { role: 'environment', required: true, document: runtime },
  'policy_audit.json': { role: 'policy_audit', required: true, document: policyAudit },
  'environment.json': { role: 'environment', required: true, document: environment },
  'runtime_config.txt': { role: 'environment', required: false },
  'single_ring_snapshot.json': { role: 'snapshot', required: false },
  'lane_graph_state.json': { role: 'snapshot', required: false },
};

/** Whether an archive whose first entry has this path is one of the layout. */
export function isByteorFile(path: string): boolean {
  return Object.hasOwn(FILES, path);
}

/** Holds the entries of an archive against the layout: its files in any order, and no others. */
export class ByteorInspection {
  private readonly seen = new Set<string>();
  private specHash: Sha256 | undefined;

  /** Throws `artifact_malformed`. */
  async take(entry: TarEntry): Promise<EntryFacts> {
    const { path, size, start } = entry;
    if (!isByteorFile(path)) throw malformed(path, 'is no file of a ByteOr v1 bundle');
    this.seen.add(path);
    const { role, document } = FILES[path];
    if (path !== 'spec.kv' && !document) return { path, role, size, sha256: await textDigest(entry), start };
    const bytes = await readSmall(entry, document ? MAX_DOCUMENT_BYTES : MAX_SPEC_BYTES);
    const fault = document ? documentFault(bytes, document) : textFault(bytes);
    if (fault !== undefined) throw malformed(path, fault);
    const sha256 = kvSpecHash(bytes);
    if (!document) this.specHash = sha256;
    return { path, role, size, sha256, start };
  }

  /** The spec's hash. Throws `artifact_malformed` where a file is missing. */
  end(): Sha256 {
    for (const [path, { required }] of Object.entries(FILES)) {
      if (required && !this.seen.has(path)) throw malformed(path, 'is not there; a ByteOr v1 bundle has it');
    }
    return this.specHash as Sha256;
  }
}

function textFault(bytes: Buffer): string | undefined {
  const check = new TextCheck();
  check.push(bytes);
  const format = check.end();
  if (format === 'empty') return 'is empty';
  return format === 'binary' ? 'is not UTF-8 text' : undefined;
}

/** States of a pipeline may be large: they pass, and are not held. */
async function textDigest(entry: TarEntry): Promise<string> {
  const hash = createHash('sha256');
  const check = new TextCheck();
  for await (const chunk of entry.bytes) {
    hash.update(chunk);
    check.push(chunk);
  }
  const format = check.end();
  if (format === 'binary') throw malformed(entry.path, 'is not UTF-8 text');
  if (entry.path.endsWith('.json') && entry.size <= 1024 * 1024 && format !== 'json') throw malformed(entry.path, 'is not JSON');
  return `sha256:${hash.digest('hex')}`;
}
