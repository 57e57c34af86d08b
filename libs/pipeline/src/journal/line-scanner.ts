import { isUtf8 } from 'node:buffer';
import { MAX_LINE_BYTES } from '../bundle/limits.js';

const NEWLINE = 0x0a;
const NOTHING = Buffer.alloc(0);

/** Told where each line lies in its buffer, which is only good during the call. */
export type LineVisitor = (bytes: Buffer, start: number, end: number) => void;

/**
 * Finds the lines of an NDJSON stream in its chunks, for whoever looks at every line and keeps none: nothing is made per line. Throws
 * what `LineSplitter` throws.
 */
export class LineScanner {
  private parts: Buffer[] = [];
  private held = 0;
  private lines = 0;

  constructor(private readonly visit: LineVisitor) {}

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const last = bytes.lastIndexOf(NEWLINE);
    if (last !== -1) this.scan(bytes, last);
    if (last + 1 < bytes.length) this.hold(bytes.subarray(last + 1));
  }

  end(): void {
    if (this.held > 0) this.release(NOTHING);
  }

  private scan(bytes: Buffer, last: number): void {
    let start = 0;
    if (this.held > 0) {
      start = bytes.indexOf(NEWLINE) + 1;
      this.release(bytes.subarray(0, start - 1));
    }
    // A newline is no part of a longer character, so that whole lines are UTF-8 when each of them is.
    const clean = isUtf8(bytes.subarray(start, last + 1));
    while (start <= last) {
      const end = bytes.indexOf(NEWLINE, start);
      this.take(bytes, start, end, clean);
      start = end + 1;
    }
  }

  private hold(part: Buffer): void {
    this.assertShort(part.length);
    this.held += part.length;
    // A copy: the stream may use the chunk's memory again.
    this.parts.push(Buffer.from(part));
  }

  private release(last: Buffer): void {
    this.assertShort(last.length);
    const line = Buffer.concat([...this.parts, last]);
    this.parts = [];
    this.held = 0;
    this.take(line, 0, line.length, false);
  }

  private assertShort(more: number): void {
    if (this.held + more > MAX_LINE_BYTES) throw new SyntaxError(`line ${this.lines + 1} is longer than ${MAX_LINE_BYTES} bytes`);
  }

  private take(bytes: Buffer, start: number, end: number, clean: boolean): void {
    this.assertShort(end - start);
    this.lines += 1;
    if (start === end) throw new SyntaxError(`line ${this.lines} is empty`);
    if (!clean && !isUtf8(bytes.subarray(start, end))) throw new SyntaxError(`line ${this.lines} is not UTF-8`);
    this.visit(bytes, start, end);
  }
}
