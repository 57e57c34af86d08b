import { parseRange } from './byte-range.js';

describe('stream-content - byte range', () => {
  it('reads the three forms and clips to the size', () => {
    expect(parseRange('bytes=0-9', 100)).toEqual({ start: 0, end: 10 });
    expect(parseRange('bytes=90-', 100)).toEqual({ start: 90, end: 100 });
    expect(parseRange('bytes=-5', 100)).toEqual({ start: 95, end: 100 });
    expect(parseRange('bytes=50-1000', 100)).toEqual({ start: 50, end: 100 });
  });

  it('ignores what it need not understand, and refuses what lies outside', () => {
    for (const header of [undefined, 'bytes=-', 'bytes=0-1,3-4', 'lines=1-2', ''])
      expect(parseRange(header, 100)).toBeUndefined();
    for (const header of ['bytes=100-', 'bytes=5-2', 'bytes=-0'])
      expect(() => parseRange(header, 100)).toThrow('The content has 100 bytes');
  });
});
