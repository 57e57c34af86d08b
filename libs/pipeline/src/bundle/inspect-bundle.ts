import { createHash } from 'node:crypto';
import { Problem, type RejectionCode } from '@reenact/contracts';
import { parseSpec } from '../spec/decode-pipeline.js';
import { malformed, tooLarge, typeMismatch } from './archive-problem.js';
import { ByteorInspection, type ByteorFacts, BYTEOR_FORMAT, isByteorFile } from './byteor-bundle.js';
import { parseManifest } from './decode-manifest.js';
import { type EntryCheck, OutcomesCheck, SpecCheck } from './entry-check.js';
import { type EntryFacts, withRestarts } from './entry-facts.js';
import { JournalCheck, type JournalFacts } from './journal-check.js';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS, MAX_MANIFEST_BYTES } from './limits.js';
import { BUNDLE_FORMAT, type BundleManifest, MANIFEST_PATH, type ManifestFile } from './manifest.js';
import { readSmall } from './read-small.js';
import { looksLikeTar, withHead } from './tar-magic.js';
import { type TarEntry, tarEntries } from './tar-entries.js';
import { type ByteSource, Unpacker } from './unpack.js';

/** What one pass over an incident bundle tells. */
export interface BundleFacts {
  type: 'incident_bundle';
  format: typeof BUNDLE_FORMAT;
  manifest: BundleManifest;
  size: number;
  unpackedSize: number;
  compressed: boolean;
  entries: EntryFacts[];
  journal?: JournalFacts;
  replayable: { ok: boolean; code?: RejectionCode };
}

/**
 * Checks an incident bundle while its bytes pass; memory does not grow with its size. Throws `artifact_malformed {entry, reason}`,
 * `artifact_too_large {limit, max}`, `artifact_type_mismatch`; errors of the source are thrown as they are.
 */
export async function inspectBundle(
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
): Promise<BundleFacts | ByteorFacts> {
  const unpacker = new Unpacker(source, limits);
  const [head, bytes] = await withHead(unpacker.bytes());
  if (!looksLikeTar(head)) {
    await bytes.return(undefined);
    throw typeMismatch('incident_bundle', unpacker.compressed ? 'gzip of something else than a tar' : 'no tar');
  }
  return inspectTar(unpacker, bytes, limits);
}

/** The first entry tells which layout it is. */
async function inspectTar(
  unpacker: Unpacker,
  bytes: AsyncIterable<Buffer>,
  limits: ArchiveLimits,
): Promise<BundleFacts | ByteorFacts> {
  const entries: EntryFacts[] = [];
  let inspection: Inspection | ByteorInspection | undefined;
  for await (const entry of tarEntries(unpacker, limits, bytes)) {
    if (inspection) {
      entries.push(await inspection.take(entry));
    } else if (isByteorFile(entry.path)) {
      inspection = new ByteorInspection();
      entries.push(await inspection.take(entry));
    } else {
      if (entry.path !== MANIFEST_PATH) throw malformed(entry.path, `is the first entry; ${MANIFEST_PATH} must be`);
      const content = await readSmall(entry, MAX_MANIFEST_BYTES);
      inspection = new Inspection(parseManifest(content), limits);
      const sha256 = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      entries.push({ path: entry.path, size: entry.size, sha256, start: entry.start });
    }
  }
  if (!inspection) throw malformed('', 'the tar has no entries');
  const { packedSize: size, unpackedSize, compressed, restarts } = unpacker;
  const sizes = { size, unpackedSize, compressed, entries: withRestarts(entries, restarts) };
  if (inspection instanceof ByteorInspection) {
    const replayable = { ok: false, code: 'artifact_not_replayable' } as const;
    return { type: 'incident_bundle', format: BYTEOR_FORMAT, specHash: inspection.end(), ...sizes, replayable };
  }
  const { manifest } = inspection;
  return { type: 'incident_bundle', format: BUNDLE_FORMAT, manifest, ...sizes, ...inspection.end() };
}

/** Holds the entries against the manifest. */
class Inspection {
  private readonly expected: Map<string, ManifestFile>;
  private spec: SpecCheck | undefined;
  private journal: JournalCheck | undefined;

  constructor(
    readonly manifest: BundleManifest,
    limits: ArchiveLimits,
  ) {
    this.expected = new Map(manifest.files.map((file) => [file.path, file]));
    const declared = manifest.files.reduce((sum, file) => sum + file.size, 0);
    if (declared > limits.maxUnpackedBytes) throw tooLarge('maxUnpackedBytes', limits.maxUnpackedBytes);
  }

  async take(entry: TarEntry): Promise<EntryFacts> {
    const file = this.expected.get(entry.path);
    if (!file) throw malformed(entry.path, 'is not named in the manifest');
    this.expected.delete(entry.path);
    if (entry.size !== file.size) throw malformed(entry.path, `has ${entry.size} bytes, the manifest says ${file.size}`);
    const check = this.checkOf(file);
    const sha256 = await this.read(entry, check);
    if (sha256 !== file.sha256) throw malformed(entry.path, 'has not the sha256 that the manifest says');
    const points = check instanceof JournalCheck ? check.points : undefined;
    return { path: entry.path, role: file.role, size: entry.size, sha256, start: entry.start, ...(points && { points }) };
  }

  end(): { journal?: JournalFacts; replayable: BundleFacts['replayable'] } {
    const [missing] = this.expected.keys();
    if (missing !== undefined) throw malformed(missing, 'is named in the manifest and not there');
    const journal = this.journal?.facts;
    const ok = journal !== undefined && this.hasValidSpec();
    return { ...(journal && { journal }), replayable: ok ? { ok } : { ok, code: 'artifact_not_replayable' } };
  }

  private async read(entry: TarEntry, check: EntryCheck | undefined): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of entry.bytes) {
      hash.update(chunk);
      this.checked(entry, () => check?.push(chunk));
    }
    this.checked(entry, () => check?.end());
    return `sha256:${hash.digest('hex')}`;
  }

  private checked(entry: TarEntry, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw malformed(entry.path, error instanceof Error ? error.message : String(error), error);
    }
  }

  private checkOf(file: ManifestFile): EntryCheck | undefined {
    if (file.role === 'spec') {
      this.spec = new SpecCheck(file, this.manifest);
      return this.spec;
    }
    if (file.role === 'journal') {
      this.journal = new JournalCheck(this.manifest);
      return this.journal;
    }
    return file.role === 'outcomes' ? new OutcomesCheck() : undefined;
  }

  private hasValidSpec(): boolean {
    try {
      parseSpec(this.spec?.json);
      return true;
    } catch (error) {
      if (error instanceof Problem) return false;
      throw error;
    }
  }
}
