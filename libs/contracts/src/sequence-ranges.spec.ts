import fc from 'fast-check';
import { withoutNumbers } from './sequence-ranges.js';

describe('withoutNumbers', () => {
  it('leaves exactly the other numbers, as ranges that hold something', () => {
    const numbers = fc.array(fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(numbers, numbers, (firsts, gone) => {
        const ranges = [...new Set(firsts)].sort((a, b) => a - b).map((n) => ({ from: n * 10, to: n * 10 + (n % 9) }));
        const all = (some: typeof ranges) =>
          some.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
        const taken = gone.map((n) => n * 10 + (n % 4));
        expect(all(withoutNumbers(ranges, taken))).toEqual(all(ranges).filter((n) => !taken.includes(n)));
        expect(withoutNumbers(ranges, taken).every(({ from, to }) => from <= to)).toBe(true);
      }),
    );
  });
});
