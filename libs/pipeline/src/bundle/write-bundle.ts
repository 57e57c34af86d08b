import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Readable, pipeline } from 'node:stream';
import { type Pack, pack } from 'tar-stream';
import { decodeManifest } from './decode-manifest.js';
import { BlockGzip } from './gzip-blocks.js';
import { BUNDLE_FORMAT, type BundleManifest, type BundleRole, MANIFEST_PATH, type ManifestFile } from './manifest.js';

/** One file to put into a bundle. A function is called twice (once to hash, once to write) and has to give the same bytes. */
export interface BundleEntry {
  path: string;
  role: BundleRole;
  content: Uint8Array | (() => AsyncIterable<Uint8Array>);
}

export interface WrittenBundle {
  manifest: BundleManifest;
  /** The bundle's bytes; the same entries and manifest always give the same bytes. */
  stream: Readable;
}

/** Writes a bundle: hashes every entry, then streams the tar with `manifest.json` first. Throws `artifact_malformed` on a wrong manifest. */
export async function writeBundle(
  head: Omit<BundleManifest, 'format' | 'files'>,
  entries: readonly BundleEntry[],
  options: { gzip?: boolean } = {},
): Promise<WrittenBundle> {
  const files: ManifestFile[] = [];
  for (const entry of entries) files.push(await describe(entry));
  const manifest = decodeManifest({ format: BUNDLE_FORMAT, ...head, files });
  const tar = pack();
  void fill(tar, manifest, entries).catch((error: unknown) => tar.destroy(error as Error));
  const bytes = Readable.from(tar as AsyncIterable<Uint8Array>, { objectMode: false });
  if (options.gzip === false) return { manifest, stream: bytes };
  const gzip = new BlockGzip();
  pipeline(bytes, gzip, () => undefined);
  return { manifest, stream: gzip };
}

async function describe({ path, role, content }: BundleEntry): Promise<ManifestFile> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of bytesOf(content)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { path, role, size, sha256: `sha256:${hash.digest('hex')}` };
}

async function fill(tar: Pack, manifest: BundleManifest, entries: readonly BundleEntry[]): Promise<void> {
  await writeEntry(tar, MANIFEST_PATH, undefined, Buffer.from(JSON.stringify(manifest, undefined, 2), 'utf8'));
  for (const [index, entry] of entries.entries()) await writeEntry(tar, entry.path, manifest.files[index], entry.content);
  tar.finalize();
}

async function writeEntry(
  tar: Pack,
  name: string,
  file: ManifestFile | undefined,
  content: BundleEntry['content'],
): Promise<void> {
  const size = file?.size ?? (content as Uint8Array).length;
  const sink = tar.entry({ name, size, mode: 0o644, mtime: new Date(0) }) as unknown as NodeJS.WritableStream;
  const finished = once(sink, 'finish');
  finished.catch(() => undefined);
  const hash = createHash('sha256');
  for await (const chunk of bytesOf(content)) {
    hash.update(chunk);
    if (!sink.write(chunk)) await once(sink, 'drain');
  }
  if (file && `sha256:${hash.digest('hex')}` !== file.sha256) throw new Error(`${name} changed while the bundle was written`);
  sink.end();
  await finished;
}

async function* bytesOf(content: BundleEntry['content']): AsyncGenerator<Uint8Array> {
  if (typeof content === 'function') yield* content();
  else if (content.length > 0) yield content;
}
