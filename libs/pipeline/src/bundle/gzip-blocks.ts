import { Transform, type TransformCallback } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';

/**
 * Blocked gzip (BGZF, section 4.1 of the SAM format, hts-specs): gzip whose members each hold up to 64 KiB and say in their header
 * how long they are. Every gunzip reads it; who has noted where a member begins can begin to read there.
 */

/** What a full block unpacks to, as bgzip writes it. */
export const BLOCK_BYTES = 0xff00;
/** A member's header up to and with BSIZE. */
export const BLOCK_HEAD_BYTES = 18;
const PLAIN_HEAD_BYTES = 10;
/** Blocks that are packed or unpacked at once; what is held in memory is that many times 64 KiB. */
export const BLOCKS_AHEAD = 4;

const HEAD = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 6, 0, 0x42, 0x43, 2, 0]);

const pack = promisify(gzip);
const unpack = promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);

/** Packs what is written to it into blocks; the same bytes always give the same blocks. */
export class BlockGzip extends Transform {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private readonly packing: Promise<Buffer>[] = [];

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.gather(chunk).then(() => done(), done);
  }

  override _flush(done: TransformCallback): void {
    this.finish().then(() => done(), done);
  }

  private async gather(chunk: Buffer): Promise<void> {
    let rest = chunk;
    while (this.heldBytes + rest.length >= BLOCK_BYTES) {
      const cut = BLOCK_BYTES - this.heldBytes;
      this.held.push(rest.subarray(0, cut));
      rest = rest.subarray(cut);
      await this.packHeld();
    }
    if (rest.length === 0) return;
    // A copy: who writes may use its buffer again.
    this.held.push(Buffer.from(rest));
    this.heldBytes += rest.length;
  }

  private async packHeld(): Promise<void> {
    const block = packBlock(Buffer.concat(this.held));
    block.catch(() => undefined);
    this.packing.push(block);
    this.held = [];
    this.heldBytes = 0;
    while (this.packing.length >= BLOCKS_AHEAD) this.push(await this.packing.shift());
  }

  private async finish(): Promise<void> {
    if (this.heldBytes > 0) await this.packHeld();
    // An empty block ends the file, so that a reader can tell that nothing is missing.
    this.packing.push(packBlock(Buffer.alloc(0)));
    for (const block of this.packing) this.push(await block);
  }
}

async function packBlock(bytes: Buffer): Promise<Buffer> {
  const member = await pack(bytes);
  const block = Buffer.allocUnsafe(member.length + BLOCK_HEAD_BYTES - PLAIN_HEAD_BYTES);
  HEAD.copy(block);
  block.writeUInt16LE(block.length - 1, HEAD.length);
  member.copy(block, BLOCK_HEAD_BYTES, PLAIN_HEAD_BYTES);
  return block;
}

/** How long the block is that these bytes begin, or undefined where they begin none. */
export function blockLength(head: Buffer): number | undefined {
  if (head.length < BLOCK_HEAD_BYTES || !head.subarray(0, 4).equals(HEAD.subarray(0, 4))) return undefined;
  if (!head.subarray(10, HEAD.length).equals(HEAD.subarray(10))) return undefined;
  const length = head.readUInt16LE(HEAD.length) + 1;
  return length > BLOCK_HEAD_BYTES + 8 ? length : undefined;
}

/** Whether the block says that it is full: only those are unpacked one by one, whatever comes after them is left to a common gunzip. */
export function isFullBlock(block: Buffer): boolean {
  return block.readUInt32LE(block.length - 4) === BLOCK_BYTES;
}

/** The bytes of one block. Rejects with an error of zlib when it is not exactly one member. */
export function unpackBlock(block: Buffer): Promise<Buffer> {
  return unpack(block, { maxOutputLength: BLOCK_BYTES });
}
