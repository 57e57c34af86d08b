import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Page, type Replay, TERMINAL_STATES } from '@reenact/contracts';
import { Api } from './harness/api.js';
import { LocalHome } from './harness/local-home.js';

const KILLS = Number(process.env.REENACT_E2E_KILLS ?? 6);
const SEED = Number(process.env.REENACT_E2E_SEED ?? randomInt(2 ** 31));
/** Ticks of a whole play, about. */
const STEPS = 20;
/** The longest that a kill waits after its tick: inside of what the next step does. */
const LONGEST_WAIT_MS = 400;

/** Reproducible random numbers below 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** So many kills one after the other, each during what the one before left, then a whole run. */
const IN_A_ROW = 3;

interface Moment {
  afterStep: number;
  waitMs: number;
  args: string[];
}

/** The steps where an upload, a saga or a run is under way come first; then any moment, and now and then in separate processes. */
function moments(): { said: string; row: Moment[] }[] {
  const next = random(SEED);
  const known = [5, 7, 15, 14, 11, 3];
  const all = Array.from({ length: KILLS }, (_, i) => ({
    afterStep: known[i] ?? Math.floor(next() * STEPS),
    waitMs: Math.floor(next() * LONGEST_WAIT_MS),
    args: i % 6 === 3 ? ['--exit', '--separate'] : ['--exit'],
  }));
  const starts = all.map((_, i) => i).filter((i) => i % IN_A_ROW === 0);
  return starts.map((i) => {
    const row = all.slice(i, i + IN_A_ROW);
    return { row, said: row.map(describeMoment).join(', ') };
  });
}

const describeMoment = ({ afterStep, waitMs, args }: Moment) => `${waitMs} ms after step ${afterStep} of ${args.join(' ')}`;

const isAt = (lines: readonly string[], step: number) =>
  lines.some((line) => line.startsWith('Ready')) && lines.filter((line) => line.includes('✓')).length >= step;

describe(`kill-local (REENACT_E2E_SEED=${SEED})`, () => {
  const home = new LocalHome();
  afterAll(() => home.close());

  it.each(moments())(
    'kill-local - goes on after SIGKILL $said',
    async ({ row }) => {
      for (const { afterStep, waitMs, args } of row) {
        const doomed = home.begin(args);
        await doomed.find((lines) => (isAt(lines, afterStep) ? true : undefined), 120_000);
        await delay(waitMs);
        await doomed.stop('SIGKILL');
      }
      const { code, output } = await home.run(['--exit']);
      expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/\d+ steps as expected, 0 not\./) });
      await home.nothingLeft();
    },
    300_000,
  );

  it('kill-local - every replay of every run has ended, or was rejected with its reasons', async () => {
    const run = home.begin(['--no-demo']);
    const { gatewayUrl, tokens } = await home.ready(run);
    const operator = new Api(gatewayUrl, tokens.operator);
    const replays: Replay[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<Replay> = await operator.get(`replays?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      replays.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(replays.length).toBeGreaterThanOrEqual(moments().length * 4);
    expect(replays.filter(({ state }) => !TERMINAL_STATES.includes(state)).map(({ id, state }) => `${id} ${state}`)).toEqual([]);
    for (const { state, rejection } of replays.filter((replay) => replay.state === 'rejected')) {
      expect({ state, rejection }).toEqual({
        state,
        rejection: {
          codes: expect.arrayContaining([expect.any(String)]),
          code: expect.any(String),
          detail: expect.any(String),
          remedy: expect.any(String),
        },
      });
    }
    // What was asked for by the runs that were not killed went through: one execute each, at least.
    const executed = replays.filter(({ mode, state }) => mode === 'execute' && state === 'succeeded');
    expect(executed.length).toBeGreaterThanOrEqual(moments().length);
    await run.stop('SIGTERM');
    await home.nothingLeft();
  });
});
