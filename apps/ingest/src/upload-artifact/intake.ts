import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { Problem, type Sha256 } from '@reenact/contracts';
import { BLOCK_BYTES, giveBlock, takeBlock } from './blocks.js';
import type { FarHash, HashThread } from './hash-thread.js';

/**
 * Bytes on their single way: hashed, written, and handed on to whoever inspects them. They are gathered into blocks, and a block is
 * hashed by another thread and written while the next one fills; what fits into one is hashed here.
 */
export class Intake {
  private readonly source: AsyncIterator<Uint8Array>;
  private block?: Buffer;
  private filled = 0;
  /** The block that is on its way: there is one at most. */
  private passing: Promise<unknown> = Promise.resolve();
  private far?: FarHash;
  private sha256?: string;

  constructor(
    file: AsyncIterable<Uint8Array>,
    private readonly sink: Writable,
    private readonly hashes: Pick<HashThread, 'open'>,
  ) {
    this.source = file[Symbol.asyncIterator]();
  }

  /** What the inspection reads. It may stop early; the source stays open for `drain`. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.next(); chunk; chunk = await this.next()) yield chunk;
  }

  /** Takes what the inspection left, and waits until all is written. Throws `artifact_malformed` when anything was left. */
  async drain(): Promise<void> {
    if (await this.next()) throw new Problem('artifact_malformed', { detail: 'the artifact goes on after its end' });
    const last = (this.block ?? Buffer.alloc(0)).subarray(0, this.filled);
    if (!this.far) this.sha256 = createHash('sha256').update(last).digest('hex');
    if (last.length > 0) await this.pass();
    await this.passing;
    this.sha256 ??= await this.far?.digest();
  }

  /** Once it was drained. */
  digest(): Sha256 {
    if (this.sha256 === undefined) throw new Error('the bytes were not drained');
    return `sha256:${this.sha256}`;
  }

  /** To be called at its end, whatever it was. */
  close(): void {
    this.far?.close();
  }

  private async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.source.next();
    if (done) return undefined;
    for (let at = 0; at < value.length; ) {
      // Full, and more has come: it is not the only one.
      if (this.filled === BLOCK_BYTES) await this.passFar();
      this.block ??= takeBlock();
      const part = value.subarray(at, at + BLOCK_BYTES - this.filled);
      this.block.set(part, this.filled);
      this.filled += part.length;
      at += part.length;
    }
    return value;
  }

  private passFar(): Promise<void> {
    this.far ??= this.hashes.open();
    return this.pass();
  }

  /** Sends the block on its way as soon as the one before it has arrived. */
  private async pass(): Promise<void> {
    await this.passing;
    const block = this.block as Buffer;
    const bytes = block.subarray(0, this.filled);
    this.block = undefined;
    this.filled = 0;
    this.passing = Promise.all([written(this.sink, bytes), this.far?.update(bytes)]).then(() => giveBlock(block));
    // Whoever waits for it next is told.
    this.passing.catch(() => undefined);
  }
}

function written(sink: Writable, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => sink.write(bytes, (error) => (error ? reject(error) : resolve())));
}
