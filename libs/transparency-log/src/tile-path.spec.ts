import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.js';
import { parseTilePath, tilePath } from './tile-path.js';

describe('tile path', () => {
  it.each([
    [{ kind: 'hashes', level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ kind: 'hashes', level: 0, index: 1067, width: 256 }, 'tile/0/x001/067'],
    [{ kind: 'hashes', level: 1, index: 1_234_067, width: 8 }, 'tile/1/x001/x234/067.p/8'],
    [{ kind: 'hashes', level: 5, index: 0, width: 1 }, 'tile/5/000.p/1'],
    [{ kind: 'entries', index: 999, width: 256 }, 'tile/entries/999'],
    [{ kind: 'entries', index: 1000, width: 255 }, 'tile/entries/x001/000.p/255'],
  ] as const)('tile path - writes and reads %j', (address, path) => {
    expect(tilePath(address)).toBe(path);
    expect(parseTilePath(path)).toEqual(address);
  });

  it.each([
    'tile/6/000',
    'tile/0/00',
    'tile/0/x000/001',
    'tile/0/001.p/0',
    'tile/0/001.p/256',
    'tile/0/001.p/01',
    'tile/0/001/002',
    'tile/0/../001',
    'tile/data/000',
    'tile/0/x999/x999/x999/x999/x999/x999/999',
    '/tile/0/000',
    'tile/0/000\n',
  ])('tile path - refuses %j', (path) => {
    expect(parseTilePath(path)).toBeUndefined();
  });
});

describe('entry bundle', () => {
  it('entry bundle - is lengths and bytes, and is read back', () => {
    const bundle = encodeEntryBundle([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(300, 1)]);
    expect(bundle.subarray(0, 6).toString('hex')).toBe('000261620000');
    expect(decodeEntryBundle(bundle).map((entry) => entry.length)).toEqual([2, 0, 300]);
  });

  it('entry bundle - refuses what is too long or cut off', () => {
    expect(() => encodeEntryBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
    const bundle = encodeEntryBundle([Buffer.from('abc')]);
    for (let cut = 1; cut < bundle.length; cut += 1) expect(() => decodeEntryBundle(bundle.subarray(0, cut))).toThrow(RangeError);
  });
});
