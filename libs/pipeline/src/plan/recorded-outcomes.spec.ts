import type { Outcome } from '../journal/outcome.js';
import { DivergenceFinder } from '../report/divergences.js';
import { MAX_FINDINGS } from '../report/findings.js';
import { actionStage, laneGraph } from '../testing/sample-specs.js';
import { MAX_EFFECTS_PER_RECORD, NO_EFFECTS, effectKey, recordedOutcomes } from './recorded-outcomes.js';

const outcome = (offset: number, n = 0, change: Partial<Outcome> = {}): Outcome => ({
  offset,
  stage: 'a',
  n,
  status: 'error',
  ...change,
});

/** So many outcomes of one offset, never held together. */
async function* many(offset: number, count: number, nOf = (index: number) => index): AsyncGenerator<Outcome> {
  for (let index = 0; index < count; index += 1) yield outcome(offset, nOf(index));
}

async function* chain(...parts: AsyncIterable<Outcome>[]): AsyncGenerator<Outcome> {
  for (const part of parts) yield* part;
}

describe('recorded-outcomes', () => {
  it('passes over what is before, between and after what is asked for, however much it is', async () => {
    const count = MAX_EFFECTS_PER_RECORD + 1;
    const recorded = await recordedOutcomes(() => chain(many(1, count), many(5, 2), many(6, 9), many(8, 1), many(9, 9)));
    expect(recorded.lastOffset).toBe(9);
    expect([...(await recorded.at(5)).keys()]).toEqual(['0:a', '1:a']);
    expect(await recorded.at(7)).toEqual(NO_EFFECTS);
    expect([...(await recorded.at(8)).values()]).toEqual([outcome(8)]);
    await recorded.close();
  });

  it('holds one outcome of each effect, without its error', async () => {
    const repeated = () => many(3, MAX_EFFECTS_PER_RECORD + 2, (index) => index % 2);
    expect((await (await recordedOutcomes(repeated)).at(3)).size).toBe(2);
    const told = async function* () {
      yield outcome(4, 0, { status: 'ok' });
      yield outcome(4, 0, { error: 'x'.repeat(4096) });
      yield outcome(4, 1, { error: 'HTTP 503' });
      yield outcome(2, 0, { error: 'HTTP 500' });
    };
    const unsorted = await recordedOutcomes(told);
    expect(await unsorted.at(2)).toEqual(new Map([['0:a', outcome(2)]]));
    expect(await unsorted.at(4)).toEqual(
      new Map([
        ['0:a', outcome(4, 0, { status: 'ok' })],
        ['1:a', outcome(4, 1)],
      ]),
    );
  });

  it.each([
    ['finish', 2],
    ['close', 1],
  ] as const)('%s ends it after %s whole reads', async (end, reads) => {
    let ends = 0;
    const open = async function* () {
      yield* chain(many(0, 9), many(5, 9));
      ends += 1;
    };
    const recorded = await recordedOutcomes(open);
    await recorded.at(0);
    await recorded[end]();
    expect(ends).toBe(reads);
  });

  it('refuses a record with more effects than a record can have', async () => {
    const recorded = await recordedOutcomes(() => chain(many(0, MAX_EFFECTS_PER_RECORD), many(1, MAX_EFFECTS_PER_RECORD + 1)));
    expect((await recorded.at(0)).size).toBe(MAX_EFFECTS_PER_RECORD);
    await expect(recorded.at(1)).rejects.toMatchObject({ code: 'plan_too_large', message: expect.stringContaining('record 1') });
  });

  it('stops when asked to, and lets others have their turn', async () => {
    const stop = new AbortController();
    let turns = 0;
    const breathe = () => {
      turns += 1;
      if (turns === 1000) stop.abort(new Error('withdrawn'));
      return turns % 100 === 0 ? new Promise<void>((resolve) => setImmediate(resolve)) : undefined;
    };
    await expect(recordedOutcomes(() => many(0, 5000), { signal: stop.signal, breathe })).rejects.toThrow('withdrawn');
    expect(turns).toBe(1000);
  });
});

describe('divergence-finder', () => {
  it('counts every divergence of a record, and puts into words what it lists', () => {
    const finder = new DivergenceFinder(laneGraph([actionStage('a', ['in'])]), 1);
    const effects = (offset: number) =>
      new Map(Array.from({ length: 5000 }, (_, n) => [effectKey('a', n), outcome(offset, n)] as const).reverse());
    finder.compare(0, [], effects(0));
    finder.compare(1, [], effects(1));
    const { count, compared, first, items } = finder.result();
    expect([count, compared, items.length]).toEqual([10_000, 10_000, MAX_FINDINGS]);
    expect(items.map(({ n }) => n)).toEqual(Array.from({ length: MAX_FINDINGS }, (_, n) => n));
    expect(first).toBe(items[0]);
  });
});
