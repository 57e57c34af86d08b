import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { Problem, type Sha256 } from '@reenact/contracts';

/** Bytes on their single way: hashed, written, and handed on to whoever inspects them. */
export class Intake {
  size = 0;
  private readonly hash = createHash('sha256');
  private readonly source: AsyncIterator<Uint8Array>;

  constructor(
    file: AsyncIterable<Uint8Array>,
    private readonly sink: Writable,
  ) {
    this.source = file[Symbol.asyncIterator]();
  }

  /** What the inspection reads. It may stop early; the source stays open for `drain`. */
  async *bytes(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.next(); chunk; chunk = await this.next()) yield chunk;
  }

  /** Takes what the inspection left. Throws `artifact_malformed` when that is anything. */
  async drain(): Promise<void> {
    if (await this.next()) throw new Problem('artifact_malformed', { detail: 'the artifact goes on after its end' });
  }

  digest(): Sha256 {
    return `sha256:${this.hash.digest('hex')}`;
  }

  private async next(): Promise<Uint8Array | undefined> {
    const { done, value } = await this.source.next();
    if (done) return undefined;
    this.size += value.length;
    this.hash.update(value);
    if (!this.sink.write(value)) await drained(this.sink);
    if (this.sink.errored) throw this.sink.errored;
    return value;
  }
}

/** Resolves when the sink takes more, or never will. */
function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const event of ['drain', 'close', 'error']) sink.off(event, settle);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) sink.on(event, settle);
  });
}
