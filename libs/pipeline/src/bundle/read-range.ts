import { createHash } from 'node:crypto';
import { malformed } from './archive-problem.js';
import type { ArchiveLimits } from './limits.js';
import { type ByteSource, Unpacker } from './unpack.js';

/** Bytes of an unpacked archive, end exclusive. */
export interface UnpackedRange {
  start: number;
  end: number;
}

/** Limits were kept when the archive was taken in; here the range is the bound. */
const NONE: ArchiveLimits = {
  maxBytes: Number.POSITIVE_INFINITY,
  maxUnpackedBytes: Number.POSITIVE_INFINITY,
  maxEntries: Number.POSITIVE_INFINITY,
  maxRatio: Number.POSITIVE_INFINITY,
};

/**
 * A range of an archive that is gunzipped where it is gzip: what comes before is skipped without a look, what comes after is not
 * read. Throws `artifact_malformed` when the archive ends before the range does.
 */
export async function* readUnpacked(source: ByteSource, { start, end }: UnpackedRange): AsyncGenerator<Uint8Array> {
  let position = 0;
  for await (const chunk of new Unpacker(source, NONE).bytes()) {
    const from = Math.max(0, start - position);
    const to = Math.min(chunk.length, end - position);
    if (to > from) yield chunk.subarray(from, to);
    position += chunk.length;
    if (position >= end) return;
  }
  if (position < end) throw malformed('', 'the archive ends before the entry does');
}

/** The bytes as they are; throws `artifact_malformed` when they have another digest, and then holds the last of them back. */
export async function* verified(bytes: ByteSource, path: string, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of bytes) {
    hash.update(chunk);
    if (held) yield held;
    held = chunk;
  }
  if (`sha256:${hash.digest('hex')}` !== sha256) throw malformed(path, 'has not the sha256 that it was stored with');
  if (held) yield held;
}
