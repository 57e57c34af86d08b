import fc from 'fast-check';
import { RedactedOffsets } from './redacted-offsets.js';

describe('RedactedOffsets', () => {
  it('knows exactly what was added, also when all of it was added again', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), fc.boolean(), (some, twice) => {
        const sorted = some.toSorted((a, b) => a - b);
        const offsets = new RedactedOffsets();
        for (const offset of twice ? [...sorted, ...sorted] : sorted) offsets.add(offset);
        for (let offset = 0; offset <= 61; offset += 1) {
          expect(offsets.has(offset)).toBe(some.includes(offset));
          expect(offsets.hasUpTo(offset)).toBe(some.some((added) => added <= offset));
        }
      }),
    );
  });
});
