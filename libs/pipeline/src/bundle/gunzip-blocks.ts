import { BLOCK_BYTES, BLOCK_HEAD_BYTES, BLOCKS_AHEAD, blockLength, isFullBlock, unpackBlock } from './gzip-blocks.js';

/** A place in a gzip at which a reader may begin: bytes before it as they are stored, and unpacked. */
export type RestartPoint = readonly [packed: number, unpacked: number];

/** Places are noted no closer than this. */
const RESTART_BYTES = 1024 * 1024;

/** The best place to begin for what is at a position of the unpacked bytes. */
export function restartBefore(points: readonly RestartPoint[], position: number): RestartPoint {
  return points.findLast(([, unpacked]) => unpacked <= position) ?? [0, 0];
}

/** The places that serve a range of the unpacked bytes. */
export function restartsWithin(points: readonly RestartPoint[], start: number, end: number): RestartPoint[] {
  const first = restartBefore(points, start);
  return points.filter((point) => point === first || (point[1] > start && point[1] < end));
}

/**
 * Unpacks the full blocks that a blocked gzip begins with, a few at once, and notes where a reader may begin. What is not such a block,
 * and all after it, is `rest`.
 */
export class BlockGunzip {
  readonly restarts: RestartPoint[] = [];
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);
  private packed = 0;
  private unpacked = 0;

  constructor(private readonly source: AsyncGenerator<Buffer>) {
    this.chunks = source;
  }

  async *bytes(): AsyncGenerator<Buffer> {
    const unpacking: Promise<Buffer>[] = [];
    try {
      for (let block = await this.nextBlock(); block; block = await this.nextBlock()) {
        const bytes = unpackBlock(block);
        bytes.catch(() => undefined);
        unpacking.push(bytes);
        if (unpacking.length >= BLOCKS_AHEAD) yield (await unpacking.shift()) as Buffer;
      }
      for (let bytes = unpacking.shift(); bytes; bytes = unpacking.shift()) yield await bytes;
    } finally {
      await Promise.allSettled(unpacking);
    }
  }

  /** What follows the blocks, from the first byte that is in none. */
  async *rest(): AsyncGenerator<Buffer> {
    try {
      if (this.held.length > 0) yield this.held;
      yield* this.source;
    } finally {
      await this.source.return(undefined);
    }
  }

  private async nextBlock(): Promise<Buffer | undefined> {
    await this.hold(BLOCK_HEAD_BYTES);
    const length = blockLength(this.held);
    if (length === undefined) return undefined;
    await this.hold(length);
    const block = this.held.subarray(0, length);
    if (block.length < length || !isFullBlock(block)) return undefined;
    this.held = this.held.subarray(length);
    this.note();
    this.packed += length;
    this.unpacked += BLOCK_BYTES;
    return block;
  }

  private note(): void {
    const last = this.restarts.at(-1);
    if (!last || this.unpacked - last[1] >= RESTART_BYTES) this.restarts.push([this.packed, this.unpacked]);
  }

  /** Reads on until that many bytes are held, or there are no more. */
  private async hold(bytes: number): Promise<void> {
    if (this.held.length >= bytes) return;
    const parts = [this.held];
    for (let size = this.held.length; size < bytes; ) {
      const { done, value } = await this.chunks.next();
      if (done) break;
      parts.push(value);
      size += value.length;
    }
    this.held = Buffer.concat(parts);
  }
}
