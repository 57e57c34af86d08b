import { Problem } from '@reenact/contracts';
import { type Extract, extract } from 'tar-stream';
import { malformed, tooLarge } from './archive-problem.js';
import { pathFault, pathKey } from './entry-path.js';
import type { ArchiveLimits } from './limits.js';
import type { Unpacker } from './unpack.js';

const BLOCK = 512;

/** One regular file of a tar. Its bytes have to be read, or drained, before the next one. */
export interface TarEntry {
  path: string;
  size: number;
  /** Where its bytes begin in the unpacked tar. */
  start: number;
  bytes: AsyncIterable<Uint8Array>;
}

/**
 * The files of a tar in order. Throws `artifact_malformed` on anything but regular files with clean, distinct paths, and on a tar
 * without its end; `artifact_too_large` beyond the number of entries.
 */
export async function* tarEntries(
  unpacker: Unpacker,
  limits: ArchiveLimits,
  bytes: AsyncIterable<Buffer> = unpacker.bytes(),
): AsyncGenerator<TarEntry> {
  const tar = extract();
  const paths = new Set<string>();
  let end = 0;
  let current = '';
  const failure = firstError(tar);
  void feed(tar, bytes);
  try {
    for await (const entry of tar) {
      const { name, type } = entry.header;
      const size = entry.header.size as number;
      const start = (entry.header as { byteOffset?: number }).byteOffset ?? 0;
      current = name;
      if (paths.size >= limits.maxEntries) throw tooLarge('maxEntries', limits.maxEntries);
      checkEntry(name, type, size, paths);
      end = start + Math.ceil(size / BLOCK) * BLOCK;
      yield { path: name, size, start, bytes: entryBytes(name, entry as AsyncIterable<Uint8Array>, failure) };
    }
  } catch (error) {
    throw tarProblem(isFollowUp(error) ? await failure : error, current);
  } finally {
    tar.destroy(null);
  }
  checkEnd(unpacker, end, paths.size);
}

/** Writes the bytes into the tar reader at its pace; ends when either side does. */
async function feed(tar: Extract, bytes: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of bytes) {
      if (!tar.write(chunk)) await drained(tar);
      if (tar.destroyed) return;
    }
    tar.end(undefined);
  } catch (error) {
    tar.destroy(error as Error);
  }
}

function drained(tar: Extract): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      tar.off('drain', settle);
      tar.off('close', settle);
      resolve();
    };
    tar.on('drain', settle);
    tar.on('close', settle);
    if (tar.destroyed) settle();
  });
}

/** What makes the tar reader fail, undefined when it closes without. */
function firstError(tar: Extract): Promise<unknown> {
  return new Promise((resolve) => {
    tar.on('error', resolve);
    tar.on('close', () => resolve(undefined));
  });
}

/** An entry that is being read shows only that its tar was closed, not why. */
function isFollowUp(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 'STREAM_DESTROYED';
}

async function* entryBytes(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  failure: Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw tarProblem(isFollowUp(error) ? await failure : error, name);
  }
}

function checkEntry(name: string, type: string | null | undefined, size: number, paths: Set<string>): void {
  // The tar reader takes a size it cannot read for null, and would wait for such an entry's end for ever.
  if (!Number.isSafeInteger(size)) throw malformed(name, 'has no readable size');
  if (type !== 'file') throw malformed(name, `is not a regular file but a ${type ?? 'special entry'}`);
  const fault = pathFault(name);
  if (fault) throw malformed(name, fault);
  const key = pathKey(name);
  if (paths.has(key)) throw malformed(name, 'another entry has this path, or one that differs in case only');
  paths.add(key);
}

/** After the last file a tar has two blocks of zeros at least, and nothing else. */
function checkEnd(unpacker: Unpacker, end: number, entries: number): void {
  const rest = unpacker.unpackedSize - end;
  if (entries === 0) throw malformed('', 'the tar has no entries');
  if (rest < 2 * BLOCK || rest % BLOCK !== 0) throw malformed('', 'the tar ends before its end');
  if (unpacker.trailingZeros < rest) throw malformed('', 'the tar goes on after its end');
}

function tarProblem(error: unknown, entry: string): unknown {
  if (error instanceof Problem) return error;
  const message = error === undefined ? 'Unexpected end of data' : String((error as { message?: unknown }).message);
  if (/Unexpected end of data/.test(message)) return malformed(entry, 'the tar ends before its end', error);
  return /tar header|Invalid header|Header exceeds/.test(message) ? malformed(entry, `tar: ${message}`, error) : error;
}
