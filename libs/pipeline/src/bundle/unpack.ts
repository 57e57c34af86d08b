import { Readable, pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { malformed, tooLarge } from './archive-problem.js';
import { BlockGunzip, type RestartPoint } from './gunzip-blocks.js';
import { type ArchiveLimits, RATIO_FREE_BYTES } from './limits.js';

export type ByteSource = AsyncIterable<Uint8Array>;

/** The bytes of an archive, gunzipped where they are gzip, counted against the limits while they pass. */
export class Unpacker {
  packedSize = 0;
  unpackedSize = 0;
  compressed = false;
  /** Zero bytes at the end of what has passed so far. */
  trailingZeros = 0;
  /** Of a blocked gzip: where a later reader may begin. */
  restarts: readonly RestartPoint[] = [];
  private sourceError: unknown;

  constructor(
    private readonly source: ByteSource,
    private readonly limits: ArchiveLimits,
  ) {}

  /** Throws `artifact_too_large` at the byte that passes a limit, `artifact_malformed` for broken gzip, and what the source throws. */
  async *bytes(): AsyncGenerator<Buffer> {
    const packed = this.packed();
    const first = await packed.next();
    if (first.done) return;
    this.compressed = first.value[0] === 0x1f && (first.value.length < 2 || first.value[1] === 0x8b);
    const chunks = prepend(first.value, packed);
    for await (const chunk of this.compressed ? this.gunzip(chunks) : chunks) {
      this.count(chunk);
      yield chunk;
    }
  }

  private async *packed(): AsyncGenerator<Buffer> {
    const chunks = this.source[Symbol.asyncIterator]();
    try {
      for (let next = await this.next(chunks); !next.done; next = await this.next(chunks)) {
        const chunk = next.value;
        this.packedSize += chunk.length;
        if (this.packedSize > this.limits.maxBytes) throw tooLarge('maxBytes', this.limits.maxBytes);
        if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      }
    } finally {
      await chunks.return?.();
    }
  }

  /** Remembers an error of the source, so that it is not taken for one of the archive. */
  private async next(chunks: AsyncIterator<Uint8Array>): Promise<IteratorResult<Uint8Array>> {
    try {
      return await chunks.next();
    } catch (error) {
      this.sourceError = error;
      throw error;
    }
  }

  /** Blocks are unpacked by themselves, so that it is certain where each begins; anything else as gunzip does. */
  private async *gunzip(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
    const blocks = new BlockGunzip(chunks);
    this.restarts = blocks.restarts;
    try {
      yield* blocks.bytes();
      yield* gunzipped(blocks.rest());
    } catch (error) {
      if (this.sourceError !== undefined) throw this.sourceError;
      throw isZlibError(error) ? malformed('', `gzip: ${error.message}`, error) : error;
    } finally {
      await chunks.return(undefined);
    }
  }

  private count(chunk: Buffer): void {
    this.unpackedSize += chunk.length;
    const { maxUnpackedBytes, maxRatio } = this.limits;
    if (this.unpackedSize > maxUnpackedBytes) throw tooLarge('maxUnpackedBytes', maxUnpackedBytes);
    if (this.compressed && this.unpackedSize > RATIO_FREE_BYTES && this.unpackedSize > this.packedSize * maxRatio) {
      throw tooLarge('maxRatio', maxRatio);
    }
    let end = chunk.length;
    while (end > 0 && chunk[end - 1] === 0) end -= 1;
    this.trailingZeros = end === 0 ? this.trailingZeros + chunk.length : chunk.length - end;
  }
}

async function* gunzipped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: 128 * 1024 });
  const done = new Promise<void>((resolve) => pipeline(Readable.from(chunks), gunzip, () => resolve()));
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } finally {
    gunzip.destroy();
    await done;
  }
}

async function* prepend(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function isZlibError(error: unknown): error is Error {
  return /^Z_|^ERR_BUFFER_TOO_LARGE$/.test(String((error as { code?: unknown } | undefined)?.code));
}
