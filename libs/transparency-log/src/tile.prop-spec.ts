import fc from 'fast-check';
import { EMPTY_ROOT, leafHash, nodeHash } from './hash.js';
import { consistencyProof, inclusionProof, rootAt } from './proof.js';
import { appendToTiles, edgeTiles, type Tile, type TileId, TileNodeReader, tileWidth } from './tile.js';
import { verifyConsistency, verifyInclusion } from './verify.js';

const key = ({ level, index }: TileId) => `${level}/${index}`;

/** A log kept as tiles in memory, which counts the tiles it hands out. */
class MemoryLog {
  readonly stored = new Map<string, Tile>();
  readonly leaves: Buffer[] = [];
  tilesRead = 0;
  readonly reader = new TileNodeReader({ tiles: (ids) => Promise.resolve(this.read(ids)) });

  append(hashes: Buffer[]): void {
    const edge = edgeTiles(this.leaves.length).map((id) => this.stored.get(key(id)) as Tile);
    for (const tile of appendToTiles(this.leaves.length, edge, hashes)) this.stored.set(key(tile), tile);
    this.leaves.push(...hashes);
  }

  private read(ids: TileId[]): Tile[] {
    this.tilesRead += ids.length;
    return ids.map((id) => this.stored.get(key(id)) as Tile);
  }
}

function naiveRoot(leaves: Buffer[]): Buffer {
  if (leaves.length < 2) return leaves[0] ?? EMPTY_ROOT;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
}

const leaf = (i: number) => leafHash(Buffer.from(`leaf ${i}`));
const leaves = (from: number, count: number) => Array.from({ length: count }, (_, i) => leaf(from + i));
const batches = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 200, max: 600 })), {
  minLength: 1,
  maxLength: 6,
});

function logOf(sizes: number[]): MemoryLog {
  const log = new MemoryLog();
  for (const size of sizes) log.append(leaves(log.leaves.length, size));
  return log;
}

const flip = (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  copy[7] ^= 1;
  return copy;
};

describe('tiled log', () => {
  it('tiled log - gives the root of every earlier size, however the leaves were batched', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), async (sizes, pick) => {
        const log = logOf(sizes);
        const size = pick % (log.leaves.length + 1);
        expect(await rootAt(log.reader, size)).toEqual(naiveRoot(log.leaves.slice(0, size)));
        for (const tile of log.stored.values()) expect(tile.hashes.length / 32).toBe(tileWidth(tile, log.leaves.length));
      }),
      { numRuns: 40 },
    );
  });

  it('tiled log - proves inclusion of any leaf at any size, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.nat(), fc.nat(), async (sizes, a, b, c) => {
        const log = logOf(sizes);
        const size = 1 + (a % log.leaves.length);
        const index = b % size;
        const hashes = await inclusionProof(log.reader, index, size);
        const claim = { index, size, leafHash: log.leaves[index], hashes, root: naiveRoot(log.leaves.slice(0, size)) };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leafHash: flip(claim.leafHash) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flip(claim.root) })).toBe(false);
        expect(verifyInclusion({ ...claim, hashes: [...hashes, leaf(0)] })).toBe(false);
        if (size > 1) {
          const bent = c % hashes.length;
          expect(verifyInclusion({ ...claim, index: (index + 1 + (c % (size - 1))) % size })).toBe(false);
          expect(verifyInclusion({ ...claim, hashes: hashes.map((hash, i) => (i === bent ? flip(hash) : hash)) })).toBe(false);
          expect(verifyInclusion({ ...claim, hashes: hashes.slice(1) })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tiled log - proves that any size extends any smaller one, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.nat(), fc.nat(), async (sizes, a, b, c) => {
        const log = logOf(sizes);
        const to = 1 + (a % log.leaves.length);
        const from = 1 + (b % to);
        const hashes = await consistencyProof(log.reader, from, to);
        const claim = {
          from,
          to,
          fromRoot: naiveRoot(log.leaves.slice(0, from)),
          toRoot: naiveRoot(log.leaves.slice(0, to)),
          hashes,
        };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, fromRoot: flip(claim.fromRoot) })).toBe(false);
        expect(verifyConsistency({ ...claim, toRoot: flip(claim.toRoot) })).toBe(false);
        expect(verifyConsistency({ ...claim, hashes: [...hashes, leaf(0)] })).toBe(false);
        if (from < to) {
          const bent = c % hashes.length;
          expect(verifyConsistency({ ...claim, hashes: hashes.map((hash, i) => (i === bent ? flip(hash) : hash)) })).toBe(false);
          expect(verifyConsistency({ ...claim, hashes: hashes.slice(1) })).toBe(false);
          const rewritten = log.leaves.slice(0, to).map((hash, i) => (i === b % from ? flip(hash) : hash));
          expect(verifyConsistency({ ...claim, toRoot: naiveRoot(rewritten) })).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('tiled log - proves small trees exhaustively', async () => {
    const log = logOf([40]);
    for (let to = 1; to <= 40; to += 1) {
      const toRoot = naiveRoot(log.leaves.slice(0, to));
      for (let from = 1; from <= to; from += 1) {
        const index = from - 1;
        const fromRoot = naiveRoot(log.leaves.slice(0, from));
        const path = await inclusionProof(log.reader, index, to);
        expect(verifyInclusion({ index, size: to, leafHash: log.leaves[index], hashes: path, root: toRoot })).toBe(true);
        const hashes = await consistencyProof(log.reader, from, to);
        expect(verifyConsistency({ from, to, fromRoot, toRoot, hashes })).toBe(true);
      }
    }
  });

  it('tiled log - reads a handful of tiles of a large log', async () => {
    const log = logOf([100_000]);
    const root = await rootAt(log.reader, 100_000);
    for (const index of [0, 255, 65_535, 65_536, 77_777, 99_999]) {
      log.tilesRead = 0;
      const hashes = await inclusionProof(log.reader, index, 100_000);
      expect(log.tilesRead).toBeLessThanOrEqual(6);
      expect(verifyInclusion({ index, size: 100_000, leafHash: log.leaves[index], hashes, root })).toBe(true);
    }
  });

  it('tiled log - refuses to append to edge tiles of another size, and to prove what is not there', async () => {
    const log = logOf([5]);
    expect(() => appendToTiles(6, [...log.stored.values()], leaves(6, 1))).toThrow(RangeError);
    expect(() => appendToTiles(5, [], leaves(5, 1))).toThrow(RangeError);
    await expect(inclusionProof(log.reader, 5, 5)).rejects.toThrow(RangeError);
    await expect(inclusionProof(log.reader, 0, 6)).rejects.toThrow(RangeError);
    await expect(consistencyProof(log.reader, 0, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(log.reader, 4, 3)).rejects.toThrow(RangeError);
  });
});
