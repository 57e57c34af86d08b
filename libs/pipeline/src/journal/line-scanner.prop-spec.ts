import fc from 'fast-check';
import { LineScanner } from './line-scanner.js';
import { LineSplitter } from './ndjson-lines.js';

/** Texts, line ends, cut characters and bytes that are no text, in any order. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom('\n', '{"offset":1}', '\u2603', '\n\n').map((text) => Buffer.from(text)),
    fc.constantFrom([0xe2], [0x98, 0x83], [0xff]).map((bytes) => Buffer.from(bytes)),
  ),
  { maxLength: 30 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });

function cut(bytes: Buffer, lengths: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, n = 0; at < bytes.length; at += chunks[n].length, n += 1) {
    chunks.push(bytes.subarray(at, at + lengths[n % lengths.length]));
  }
  return chunks;
}

/** The lines up to an error, and the error. */
function linesOf(read: (line: (text: string) => void) => void): string[] {
  const seen: string[] = [];
  try {
    read((text) => seen.push(text));
  } catch (error) {
    seen.push(String(error));
  }
  return seen;
}

describe('line-scanner', () => {
  it('shows the lines that the splitter cuts and refuses what it refuses, wherever chunks end', () => {
    fc.assert(
      fc.property(pieces, sizes, (parts, lengths) => {
        const chunks = cut(Buffer.concat(parts), lengths);
        const scanned = linesOf((line) => {
          const scanner = new LineScanner((bytes, start, end) => line(bytes.toString('hex', start, end)));
          for (const chunk of chunks) scanner.push(chunk);
          scanner.end();
        });
        const split = linesOf((line) => {
          const splitter = new LineSplitter();
          for (const chunk of chunks) for (const bytes of splitter.push(chunk)) line(bytes.toString('hex'));
          for (const bytes of splitter.end()) line(bytes.toString('hex'));
        });
        expect(scanned).toEqual(split);
      }),
    );
  });
});
