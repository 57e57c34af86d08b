import { isUtf8 } from 'node:buffer';
import { MAX_LINE_BYTES } from '../bundle/limits.js';

const NEWLINE = 0x0a;

/** The lines of an NDJSON stream, as bytes without their ends. Throws a SyntaxError on an empty, too long or not UTF-8 line. */
export async function* ndjsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const splitter = new LineSplitter();
  for await (const chunk of chunks) yield* splitter.push(chunk);
  yield* splitter.end();
}

/** Cuts chunks into lines; holds no more than one line. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private held = 0;
  private lines = 0;

  *push(chunk: Uint8Array): Generator<Buffer> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      yield this.take(bytes.subarray(start, end));
      start = end + 1;
    }
    if (start < bytes.length) this.hold(bytes.subarray(start));
  }

  *end(): Generator<Buffer> {
    if (this.held > 0) yield this.take(Buffer.alloc(0));
  }

  private hold(part: Buffer): void {
    this.held += part.length;
    if (this.held > MAX_LINE_BYTES) throw new SyntaxError(`line ${this.lines + 1} is longer than ${MAX_LINE_BYTES} bytes`);
    // A copy: the stream may use the chunk's memory again.
    this.parts.push(Buffer.from(part));
  }

  private take(last: Buffer): Buffer {
    if (this.held + last.length > MAX_LINE_BYTES) {
      throw new SyntaxError(`line ${this.lines + 1} is longer than ${MAX_LINE_BYTES} bytes`);
    }
    this.lines += 1;
    const line = this.held === 0 ? last : Buffer.concat([...this.parts, last]);
    this.parts = [];
    this.held = 0;
    if (line.length === 0) throw new SyntaxError(`line ${this.lines} is empty`);
    if (!isUtf8(line)) throw new SyntaxError(`line ${this.lines} is not UTF-8`);
    return line;
  }
}
