import { Readable } from 'node:stream';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { chunked, collect } from '../testing/byte-streams.js';
import { BLOCK_BYTES, BlockGzip, blockLength } from './gzip-blocks.js';
import { restartBefore, restartsWithin } from './gunzip-blocks.js';
import { DEFAULT_ARCHIVE_LIMITS } from './limits.js';
import { readUnpacked } from './read-range.js';
import { Unpacker } from './unpack.js';

const SIZES = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 });

const blocked = (bytes: Buffer, sizes?: number[]) => collect(Readable.from(chunked(bytes, sizes)).pipe(new BlockGzip()));

/** Bytes that compress about as well as a journal does. */
function text(length: number, seed = 1): Buffer {
  const words: string[] = [];
  for (let n = seed, size = 0; size < length; n = (n * 48_271) % 2_147_483_647)
    size += words[words.push(`record ${n} `) - 1].length;
  return Buffer.from(words.join('')).subarray(0, length);
}

async function unpacked(packed: Buffer, sizes?: number[]): Promise<{ bytes: Buffer; unpacker: Unpacker }> {
  const unpacker = new Unpacker(chunked(packed, sizes), DEFAULT_ARCHIVE_LIMITS);
  return { bytes: await collect(unpacker.bytes()), unpacker };
}

describe('blocked gzip', () => {
  it('is gzip for everybody, the same however the bytes come, and unpacks to what it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 5 * BLOCK_BYTES }), SIZES, SIZES, async (length, written, read) => {
        const bytes = text(length);
        const packed = await blocked(bytes, written);
        expect(gunzipSync(packed).equals(bytes)).toBe(true);
        expect(packed.equals(await blocked(bytes))).toBe(true);
        expect((await unpacked(packed, read)).bytes.equals(bytes)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('says the length of each block, up to the empty one that ends the file', async () => {
    const packed = await blocked(text(3 * BLOCK_BYTES + 7));
    const lengths: number[] = [];
    for (let at = 0; at < packed.length; at += lengths.at(-1) as number)
      lengths.push(blockLength(packed.subarray(at)) ?? packed.length);
    expect(lengths).toHaveLength(5);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(packed.length);
    expect(lengths.at(-1)).toBe(28);
  });

  it('can be read from every noted place, and what is before it is not needed', async () => {
    const bytes = text(3 * 1024 * 1024 + 123);
    const packed = await blocked(bytes);
    const { restarts } = (await unpacked(packed)).unpacker;
    expect(restarts.length).toBeGreaterThan(2);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), async (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a + 1];
        const [at, before] = restartBefore(restartsWithin(restarts, start, end), start);
        expect(start - before).toBeLessThan(1024 * 1024 + BLOCK_BYTES);
        const read = readUnpacked(chunked(packed.subarray(at)), {
          start: start - before,
          end: Math.min(end, bytes.length) - before,
        });
        expect((await collect(read)).equals(bytes.subarray(start, end))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('gives common gzip, in one member or in many, as ever', async () => {
    const bytes = text(200_000);
    for (const packed of [gzipSync(bytes), Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))])]) {
      const { bytes: got, unpacker } = await unpacked(packed, [1, 17, 5_000]);
      expect(got.equals(bytes)).toBe(true);
      expect(unpacker.restarts).toEqual([]);
    }
    const mixed = Buffer.concat([(await blocked(bytes)).subarray(0, -28), gzipSync('and more')]);
    expect((await unpacked(mixed)).bytes.toString()).toBe(`${bytes.toString()}and more`);
  });

  it('refuses blocks that lie or break off, at every byte, and never gives other bytes', async () => {
    const bytes = text(2 * BLOCK_BYTES + 50);
    const packed = await blocked(bytes);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: packed.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        SIZES,
        async (at, change, sizes) => {
          const broken = Buffer.from(packed);
          broken[at] ^= change;
          const got = await unpacked(broken, sizes).then(
            (result) => result.bytes,
            (error: { code: string }) => error.code,
          );
          if (typeof got === 'string') expect(got).toBe('artifact_malformed');
          else expect(got.equals(gunzipSync(broken))).toBe(true);
          await expect(unpacked(packed.subarray(0, at), sizes)).rejects.toMatchObject({ code: 'artifact_malformed' });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('leaves a swarm of tiny blocks to the common gunzip', async () => {
    const swarm = Buffer.concat([...Array.from({ length: 2_000 }, () => packedEmpty), gzipSync('end')]);
    const { bytes, unpacker } = await unpacked(swarm);
    expect([bytes.toString(), unpacker.restarts]).toEqual(['end', []]);
  });
});

const packedEmpty = Buffer.from('1f8b08040000000000ff0600424302001b0003000000000000000000', 'hex');
