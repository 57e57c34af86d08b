import { createHash } from 'node:crypto';
import { Problem } from '@reenact/contracts';
import type { JournalRecord } from '../journal/journal-record.js';
import type { Outcome } from '../journal/outcome.js';
import { readJournal } from '../journal/read-journal.js';
import { RecordStream } from '../journal/record-stream.js';
import { readOutcomes } from '../journal/read-outcomes.js';
import { malformed } from './archive-problem.js';
import { parseManifest } from './decode-manifest.js';
import { DigestedSource } from './digested-source.js';
import { ACCEPTED_ARCHIVE_LIMITS, type ArchiveLimits, MAX_MANIFEST_BYTES, MAX_SPEC_BYTES } from './limits.js';
import { type BundleManifest, type BundleRole, MANIFEST_PATH } from './manifest.js';
import { readSmall } from './read-small.js';
import { tarEntries } from './tar-entries.js';
import { type ByteSource, Unpacker } from './unpack.js';

/** Gives a fresh stream of an archive's bytes, from the beginning. */
export type OpenBytes = () => Promise<ByteSource> | ByteSource;

/** A stored bundle. Every read passes over its bytes once, up to the end of what is read, and checks size and digest of it. */
export interface Bundle {
  manifest: BundleManifest;
  /** Bytes of an entry. Throws `not_found` where the manifest names no such path. */
  entry(path: string): AsyncGenerator<Uint8Array>;
  /** Path of the first entry with a role. */
  pathOf(role: BundleRole): string | undefined;
  /** The bytes of the spec. */
  spec(): Promise<Buffer>;
  /** Throws `artifact_not_replayable` when there is no journal. */
  records(): RecordStream;
  /** Nothing when the bundle has no outcomes. */
  outcomes(): AsyncGenerator<Outcome>;
}

/**
 * Reads the manifest of a bundle that was accepted and stored. Throws `artifact_malformed` when the bytes are not those of one. With a
 * digest, all bytes are read and must have it, or `digest_mismatch` is thrown: the manifest is then that of these bytes, and every later
 * read is held against it, whatever became of the stored bytes meanwhile.
 */
export async function openBundle(open: OpenBytes, sha256?: string): Promise<Bundle> {
  const limits = ACCEPTED_ARCHIVE_LIMITS;
  const manifest = await (sha256 === undefined
    ? readManifest(await open(), limits)
    : readManifestOf(sha256, await open(), limits));
  const pathOf = (role: BundleRole) => manifest.files.find((file) => file.role === role)?.path;
  const entry = (path: string) => readEntry(open, path, manifest, limits);
  return {
    manifest,
    entry,
    pathOf,
    spec: () => collect(entry(pathOf('spec') as string)),
    records: () => new RecordStream(() => recordBatches(entry, pathOf('journal'))),
    outcomes: () => outcomes(entry, pathOf('outcomes')),
  };
}

async function readManifestOf(sha256: string, bytes: ByteSource, limits: ArchiveLimits): Promise<BundleManifest> {
  const source = new DigestedSource(bytes);
  const [read] = await Promise.allSettled([readManifest(source.bytes, limits)]);
  if ((await source.digest()) !== sha256) {
    throw new Problem('digest_mismatch', { detail: 'the stored evidence is not what was uploaded' });
  }
  if (read.status === 'rejected') throw read.reason;
  return read.value;
}

async function readManifest(bytes: ByteSource, limits: ArchiveLimits): Promise<BundleManifest> {
  for await (const entry of tarEntries(new Unpacker(bytes, limits), limits)) {
    if (entry.path !== MANIFEST_PATH) throw malformed(entry.path, `is the first entry; ${MANIFEST_PATH} must be`);
    return parseManifest(await readSmall(entry, MAX_MANIFEST_BYTES));
  }
  throw malformed('', 'the tar has no entries');
}

async function* readEntry(
  open: OpenBytes,
  path: string,
  manifest: BundleManifest,
  limits: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  const file = manifest.files.find((each) => each.path === path);
  if (!file && path !== MANIFEST_PATH) throw new Problem('not_found', { detail: `the bundle has no entry ${path}` });
  for await (const entry of tarEntries(new Unpacker(await open(), limits), limits)) {
    if (entry.path !== path) {
      for await (const _chunk of entry.bytes);
      continue;
    }
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of entry.bytes) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
    if (file && (size !== file.size || `sha256:${hash.digest('hex')}` !== file.sha256)) {
      throw malformed(path, 'has not the size and sha256 that the manifest says');
    }
    return;
  }
  throw malformed(path, 'is named in the manifest and not there');
}

async function* recordBatches(entry: Bundle['entry'], path: string | undefined): AsyncGenerator<JournalRecord[]> {
  if (path === undefined) throw new Problem('artifact_not_replayable', { detail: 'the bundle has no journal' });
  yield* inEntry(path, readJournal(entry(path)).batches());
}

async function* outcomes(entry: Bundle['entry'], path: string | undefined): AsyncGenerator<Outcome> {
  if (path !== undefined) yield* inEntry(path, readOutcomes(entry(path)));
}

/** Makes what a line decoder throws a problem of the entry. */
async function* inEntry<T>(path: string, items: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    throw error instanceof SyntaxError ? malformed(path, error.message, error) : error;
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > MAX_SPEC_BYTES) throw malformed('spec', `is larger than ${MAX_SPEC_BYTES} bytes`);
    parts.push(chunk);
  }
  return Buffer.concat(parts);
}
