import { once } from 'node:events';
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { finished } from 'node:stream/promises';
import { linesOf } from './lines-of.js';

export interface SectionReader {
  read(start: number, size: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Bytes that are recorded piece by piece, then read: in memory, or in a file once `spill` was called. */
export class RecordedSection {
  size = 0;
  private pieces: Buffer[] = [];
  private path: string | undefined;
  private stream: WriteStream | undefined;

  /** Waits while the disk is behind, so that memory does not grow. */
  async append(piece: Buffer): Promise<void> {
    this.size += piece.length;
    if (!this.stream) this.pieces.push(piece);
    else await this.write(piece);
  }

  async spill(path: string): Promise<void> {
    this.path = path;
    this.stream = createWriteStream(path, { mode: 0o600 });
    // A full disk is found by whoever writes next.
    this.stream.on('error', () => undefined);
    const pieces = this.pieces;
    this.pieces = [];
    await this.write(Buffer.concat(pieces));
  }

  /** No more pieces. */
  async close(): Promise<void> {
    if (!this.stream) return;
    this.stream.end();
    await finished(this.stream);
  }

  /** The pieces, decoded; in a file each must end with a line break, and comes without it. */
  async *lines(): AsyncGenerator<string> {
    if (this.path === undefined) for (const piece of this.pieces) yield piece.toString('utf8');
    else yield* linesOf(createReadStream(this.path));
  }

  /** All bytes, in order. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    if (this.path === undefined) yield Buffer.concat(this.pieces);
    else yield* createReadStream(this.path);
  }

  /** A way to read parts of it. */
  async reader(): Promise<SectionReader> {
    if (this.path === undefined) {
      const whole = Buffer.concat(this.pieces);
      return { read: async (start, size) => whole.subarray(start, start + size), close: async () => undefined };
    }
    const handle = await open(this.path, 'r');
    const read = async (start: number, size: number) => {
      const bytes = Buffer.alloc(size);
      await handle.read(bytes, 0, size, start);
      return bytes;
    };
    return { read, close: () => handle.close() };
  }

  destroy(): void {
    this.stream?.destroy();
  }

  private async write(bytes: Buffer): Promise<void> {
    const stream = this.stream as WriteStream;
    if (stream.errored) throw stream.errored;
    if (!stream.write(bytes)) await once(stream, 'drain');
  }
}
