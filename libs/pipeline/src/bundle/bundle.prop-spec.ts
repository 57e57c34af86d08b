import fc from 'fast-check';
import { JournalRecord } from '../journal/journal-record.js';
import { chunked, collect, listOf } from '../testing/byte-streams.js';
import { sampleBundle } from '../testing/sample-bundle.js';
import { ISSUE_TRIAGE } from '../testing/sample-specs.js';
import { inspectBundle } from './inspect-bundle.js';
import { openBundle } from './open-bundle.js';

const entry = fc.record(
  {
    at: fc.constant('2026-01-02T03:04:05.678Z'),
    key: fc.string({ maxLength: 20 }),
    headers: fc.dictionary(fc.stringMatching(/^[a-z-]{1,10}$/), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
    body: fc.jsonValue({ maxDepth: 3 }),
  },
  { requiredKeys: ['at', 'body'] },
);
const journal = fc.array(fc.tuple(fc.integer({ min: 1, max: 5 }), entry), { maxLength: 20 }).map((list) => {
  let offset = -1;
  return list.map(([step, rest]) => {
    offset += step;
    return { offset, ...rest };
  });
});
const chunkSizes = fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 5 });

describe('write-bundle', () => {
  it('is read back as it was written, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        journal,
        fc.uint8Array({ maxLength: 3000 }),
        chunkSizes,
        fc.boolean(),
        async (records, snapshot, sizes, gzip) => {
          const extra = [{ path: 'state/snapshot.bin', role: 'snapshot' as const, content: snapshot }];
          const { bytes, manifest } = await sampleBundle({ journal: records, extra, gzip });
          const facts = await inspectBundle(chunked(bytes, sizes));
          expect(facts.manifest).toEqual(manifest);
          expect(facts).toMatchObject({ size: bytes.length, compressed: gzip, replayable: { ok: true } });
          expect(facts.journal?.records).toBe(records.length);

          const bundle = await openBundle(() => chunked(bytes, sizes));
          expect(JSON.parse((await bundle.spec()).toString('utf8'))).toEqual(ISSUE_TRIAGE);
          expect(Buffer.compare(await collect(bundle.entry('state/snapshot.bin')), snapshot)).toBe(0);
          const read = await listOf(bundle.records());
          expect(read.map(({ line }) => line)).toEqual(records.map((record) => JournalRecord.of(record).line));
          expect(await listOf(bundle.outcomes())).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('says where entries are in the unpacked tar', async () => {
    const { bytes } = await sampleBundle({ gzip: false });
    const { entries } = await inspectBundle(chunked(bytes));
    const spec = entries.find(({ path }) => path === 'spec.json');
    if (!spec) throw new Error('no spec');
    expect(JSON.parse(bytes.subarray(spec.start, spec.start + spec.size).toString('utf8'))).toEqual(ISSUE_TRIAGE);
  });

  it('gives the same bytes for the same content', async () => {
    const [first, second] = [await sampleBundle({ gzip: false }), await sampleBundle({ gzip: false })];
    expect(first.bytes.equals(second.bytes)).toBe(true);
  });
});

describe('inspect-bundle', () => {
  it('never takes mutated bytes for the same evidence', async () => {
    const { bytes } = await sampleBundle({ gzip: false });
    const facts = await inspectBundle(chunked(bytes));
    const contents = facts.entries.slice(1);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(contents.length - 1),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 255 }),
        async (which, where, flip) => {
          const { start, size } = contents[which];
          const mutated = Buffer.from(bytes);
          mutated[start + Math.floor(where * size)] ^= flip;
          await expect(inspectBundle(chunked(mutated))).rejects.toMatchObject({ code: 'artifact_malformed' });
        },
      ),
      { numRuns: 100 },
    );
  });

  it('answers any mutation anywhere with facts or a problem, never with anything else', async () => {
    const { bytes } = await sampleBundle({ gzip: false });
    const packed = (await sampleBundle({ gzip: true })).bytes;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        async (gzip, changes) => {
          const mutated = Buffer.from(gzip ? packed : bytes);
          for (const [at, value] of changes) mutated[at % mutated.length] = value;
          await inspectBundle(chunked(mutated, [777])).catch((error: { code?: string }) => {
            expect(['artifact_malformed', 'artifact_too_large', 'artifact_type_mismatch']).toContain(error.code);
          });
        },
      ),
      { numRuns: 400 },
    );
  });
});
