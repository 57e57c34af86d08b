import fc from 'fast-check';
import { addNumber, joinRanges } from './number-ranges.js';

const spread = (ranges: { from: number; to: number }[]) =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n));

describe('number ranges', () => {
  it('hold exactly the numbers that were added, in the fewest ranges', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(numbers, numbers, (first, second) => {
        const a = first.reduce(addNumber, []);
        const b = second.reduce(addNumber, []);
        const joined = joinRanges(a, b);
        const wanted = [...new Set([...first, ...second])].sort((x, y) => x - y);
        expect(spread(joined)).toEqual(wanted);
        expect(joined).toHaveLength(wanted.filter((number, n) => number !== wanted[n - 1] + 1).length);
      }),
    );
  });

  it('are bounded', () => {
    const odd = Array.from({ length: 400 }, (_, n) => 2 * n + 1).reduce(addNumber, []);
    expect(odd).toHaveLength(256);
    expect(odd.at(-1)).toEqual({ from: 799, to: 799 });
  });
});
