import { createHash } from 'node:crypto';
import type { ArtifactType } from '@reenact/contracts';
import { malformed, typeMismatch } from './archive-problem.js';
import type { ByteorFacts } from './byteor-bundle.js';
import { type EntryFacts, withRestarts } from './entry-facts.js';
import { type BundleFacts, inspectBundle } from './inspect-bundle.js';
import { readSmall } from './read-small.js';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS, MAX_MANIFEST_BYTES } from './limits.js';
import { BUNDLE_FORMAT, MANIFEST_PATH } from './manifest.js';
import { type TarEntry, tarEntries } from './tar-entries.js';
import { looksLikeTar, withHead } from './tar-magic.js';
import { type TextFormat, TextCheck } from './text-check.js';
import { type ByteSource, Unpacker } from './unpack.js';

/** What one pass over a snapshot or a diagnostic tells. */
export interface DocumentFacts {
  type: 'snapshot' | 'diagnostic';
  format: TextFormat | 'tar';
  manifest?: undefined;
  size: number;
  unpackedSize: number;
  compressed: boolean;
  /** Of a tar. */
  entries: EntryFacts[];
  replayable: { ok: false; code: 'artifact_not_replayable' };
}

export type ArtifactFacts = BundleFacts | ByteorFacts | DocumentFacts;

/** Checks an artifact of any type while its bytes pass. Throws as `inspectBundle` does. */
export async function inspectArtifact(
  type: ArtifactType,
  source: ByteSource,
  limits: ArchiveLimits = DEFAULT_ARCHIVE_LIMITS,
): Promise<ArtifactFacts> {
  if (type === 'incident_bundle') return inspectBundle(source, limits);
  const unpacker = new Unpacker(source, limits);
  const [head, bytes] = await withHead(unpacker.bytes());
  const found = looksLikeTar(head)
    ? await inspectTexts(type, unpacker, bytes, limits)
    : { format: await inspectText(type, bytes), entries: [] };
  const { packedSize: size, unpackedSize, compressed } = unpacker;
  return { type, ...found, size, unpackedSize, compressed, replayable: { ok: false, code: 'artifact_not_replayable' } };
}

async function inspectText(type: ArtifactType, bytes: AsyncIterable<Uint8Array>): Promise<TextFormat> {
  const check = new TextCheck();
  for await (const chunk of bytes) {
    if (!check.push(chunk)) throw typeMismatch(type, 'neither UTF-8 text nor a tar of such');
  }
  const format = check.end();
  if (format === 'binary') throw typeMismatch(type, 'neither UTF-8 text nor a tar of such');
  if (format === 'empty') throw malformed('', 'the artifact is empty');
  return format;
}

async function inspectTexts(
  type: ArtifactType,
  unpacker: Unpacker,
  bytes: AsyncIterable<Buffer>,
  limits: ArchiveLimits,
): Promise<{ format: 'tar'; entries: EntryFacts[] }> {
  const entries: EntryFacts[] = [];
  for await (const entry of tarEntries(unpacker, limits, bytes)) {
    const content = entry.path === MANIFEST_PATH && entries.length === 0 ? await manifestContent(type, entry) : entry.bytes;
    entries.push(await inspectTextEntry(type, entry, content));
  }
  return { format: 'tar', entries: withRestarts(entries, unpacker.restarts) };
}

async function inspectTextEntry(type: ArtifactType, entry: TarEntry, content: AsyncIterable<Uint8Array>): Promise<EntryFacts> {
  const hash = createHash('sha256');
  const check = new TextCheck();
  let text = true;
  for await (const chunk of content) {
    hash.update(chunk);
    text &&= check.push(chunk);
  }
  if (!text || check.end() === 'binary') throw typeMismatch(type, `a tar whose entry ${entry.path} is not UTF-8 text`);
  return { path: entry.path, size: entry.size, sha256: `sha256:${hash.digest('hex')}`, start: entry.start };
}

/** An incident bundle is a tar of texts, too; sent as something else it is refused. */
async function manifestContent(type: ArtifactType, entry: TarEntry): Promise<AsyncIterable<Uint8Array>> {
  if (entry.size > MAX_MANIFEST_BYTES) return entry.bytes;
  const content = await readSmall(entry, MAX_MANIFEST_BYTES);
  if (content.includes(`"${BUNDLE_FORMAT}"`)) throw typeMismatch(type, 'an incident bundle');
  return once(content);
}

async function* once(content: Buffer): AsyncGenerator<Buffer> {
  if (content.length > 0) yield content;
}
