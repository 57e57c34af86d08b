import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { JournalIndexer, positionOf } from '../journal/journal-index.js';
import { encodeJournalEntry } from '../journal/journal-record.js';
import { readJournal } from '../journal/read-journal.js';
import { chunked, collect, listOf } from '../testing/byte-streams.js';
import { sampleBundle } from '../testing/sample-bundle.js';
import type { EntryFacts } from './entry-facts.js';
import { inspectBundle } from './inspect-bundle.js';
import { readUnpacked, verified } from './read-range.js';

const SIZES = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 5 });

function journalEntry({ entries }: { entries: EntryFacts[] }) {
  const entry = entries.find(({ role }) => role === 'journal');
  if (!entry?.points) throw new Error('the journal was not indexed');
  return { ...entry, points: entry.points };
}

describe('reading a part of a stored bundle', () => {
  it('gives every entry as it was, from a plain and a compressed archive, however the bytes come', async () => {
    const { bytes: plain } = await sampleBundle({ gzip: false });
    const { entries } = await inspectBundle(chunked(plain));
    const packed = gzipSync(plain);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...entries), fc.boolean(), SIZES, async (entry, compressed, sizes) => {
        const range = { start: entry.start, end: entry.start + entry.size };
        const read = readUnpacked(chunked(compressed ? packed : plain, sizes), range);
        const got = await collect(verified(read, entry.path, entry.sha256));
        expect(got.equals(plain.subarray(range.start, range.end))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('says when the archive is too short, or the bytes are others', async () => {
    await expect(collect(readUnpacked(chunked(Buffer.from('abc')), { start: 1, end: 4 }))).rejects.toMatchObject({
      code: 'artifact_malformed',
    });
    await expect(collect(verified(chunked(Buffer.from('abc')), 'a', 'sha256:0'))).rejects.toThrow('a: has not the sha256');
  });
});

describe('journal index', () => {
  it('lets a reader begin near any offset and see every record from there on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 9_000 })), { minLength: 1, maxLength: 150 }),
        SIZES,
        fc.nat(600),
        async (steps, sizes, from) => {
          let offset = 0;
          const journal = steps.map(([step, size]) => {
            offset += step;
            return { offset, at: '2026-01-02T03:04:05.000Z', body: 'x'.repeat(size) };
          });
          const { bytes } = await sampleBundle({ journal, gzip: false });
          const { start, size, points } = journalEntry(await inspectBundle(chunked(bytes, sizes)));
          const position = positionOf(points, from);
          const known = points.filter(([at]) => at <= from).at(-1);
          expect(position).toBe(known?.[1] ?? 0);
          const read = readUnpacked(chunked(bytes, sizes), { start: start + position, end: start + size });
          const offsets = (await listOf(readJournal(read))).map((record) => record.offset).filter((each) => each >= from);
          expect(offsets).toEqual(journal.map((record) => record.offset).filter((each) => each >= from));
          const skipped = journal.filter((record) => record.offset >= (known?.[0] ?? 0) && record.offset < from);
          const last = skipped.at(-1);
          const most = 64 * 1024 + (last ? encodeJournalEntry(last).length : 0) + 1;
          expect(skipped.reduce((sum, record) => sum + encodeJournalEntry(record).length + 1, 0)).toBeLessThanOrEqual(most);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('stays small however long the journal is', async () => {
    const index = new JournalIndexer();
    for (let offset = 0; offset < 400_000; offset += 1) index.take(offset, offset * 1_000);
    const points = index.result();
    expect(points.length).toBeGreaterThan(500);
    expect(points.length).toBeLessThanOrEqual(1024);
    expect(points[0]).toEqual([0, 0]);
    const gaps = points.slice(1).map(([, position], at) => position - points[at][1]);
    expect(Math.max(...gaps)).toBeLessThan(1024 * 1024);
  });
});
