import type { Readable } from 'node:stream';

const LINE_FEED = 0x0a;

/**
 * Lines of a stream, each without its end; the stream is let go of as soon as nobody reads on. Only a line feed ends a line: within JSON,
 * other breaks that Unicode knows stand as they are.
 */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
        yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
        parts = [];
        start = end + 1;
      }
      if (start < chunk.length) parts.push(chunk.subarray(start));
    }
  } finally {
    stream.destroy();
  }
}
