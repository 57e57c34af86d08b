import { alsoMissing, noLongerMissing } from './missing-numbers.js';

const of = (...ranges: [number, number][]) => ({
  sequence: 'upload',
  bootId: 'b1',
  missing: ranges.map(([from, to]) => ({ from, to })),
});

describe('missing numbers', () => {
  it('grow by what else is missing', () => {
    expect(alsoMissing(of([4, 6]), of([9, 9], [1, 2], [7, 7]).missing)).toEqual(of([1, 2], [4, 7], [9, 9]));
  });

  it('shrink by what arrives after all', () => {
    expect(noLongerMissing(of([1, 2], [4, 6]), 5)).toEqual(of([1, 2], [4, 4], [6, 6]));
    expect(noLongerMissing(of([1, 2]), 1)).toEqual(of([2, 2]));
    expect(noLongerMissing(of([3, 3]), 3)).toEqual(of());
    expect(noLongerMissing(of([3, 3]), 9)).toEqual(of([3, 3]));
  });

  it('keep the newest of very many', () => {
    const many = Array.from({ length: 150 }, (_, n) => ({ from: 2 * n + 1, to: 2 * n + 1 }));
    const { missing } = alsoMissing(of(), many);
    expect(missing).toHaveLength(100);
    expect(missing.at(-1)).toEqual({ from: 299, to: 299 });
  });
});
