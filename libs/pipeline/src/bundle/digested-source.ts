import { createHash } from 'node:crypto';
import type { ByteSource } from './unpack.js';

/** The bytes of a source, hashed while somebody reads them who may stop before their end: what is left is read for the digest. */
export class DigestedSource {
  private readonly hash = createHash('sha256');
  private readonly chunks: AsyncGenerator<Uint8Array>;
  private failure: { error: unknown } | undefined;

  constructor(source: ByteSource) {
    this.chunks = this.hashed(source);
  }

  /** For one reader. Its end does not end the source. */
  get bytes(): ByteSource {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.chunks.next() }) };
  }

  /** Of all bytes. Throws what the source throws, also where it threw it to the reader. */
  async digest(): Promise<string> {
    for await (const _chunk of this.chunks);
    if (this.failure) throw this.failure.error;
    return `sha256:${this.hash.digest('hex')}`;
  }

  private async *hashed(source: ByteSource): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        this.hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}
