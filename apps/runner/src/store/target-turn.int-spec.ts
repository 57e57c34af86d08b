import { randomUUID } from 'node:crypto';
import { newId } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import type { RunningService } from '@reenact/service-kit';
import { RunnerWorld } from '../runner.harness.js';
import { TargetTurnStore } from './target-turn.store.js';

const LONG_MS = 60_000;

describe('target-turn', () => {
  let world: RunnerWorld;
  let turns: TargetTurnStore;
  let runner: RunningService;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    runner = await world.startRunner('execute');
    turns = new TargetTurnStore(runner.app.get(UnitOfWork));
  });
  afterAll(() => world.close());

  it('serves those who wait in the order in which they came', async () => {
    const target = newId('target');
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    const ask = (id: string) => turns.ask(target, { concurrency: 1 }, id, LONG_MS);
    expect(await ask(first)).toBe(0);
    expect([await ask(second), await ask(third)]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    await turns.end(first);
    expect(await ask(third)).toBe(Number.POSITIVE_INFINITY);
    expect(await ask(second)).toBe(0);
    await turns.end(second);
    expect(await ask(third)).toBe(0);
  });

  it('passes over those who left', async () => {
    const target = newId('target');
    const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
    const ask = (id: string) => turns.ask(target, { concurrency: 1 }, id, LONG_MS);
    for (const id of [first, second, third]) await ask(id);
    await turns.end(first);
    await turns.leave(second);
    expect(await ask(third)).toBe(0);
  });

  it('gives room again that was held by one who died, and by one who waited', async () => {
    const target = newId('target');
    await turns.ask(target, { concurrency: 1 }, randomUUID(), LONG_MS);
    await turns.ask(target, { concurrency: 1 }, randomUUID(), LONG_MS);
    await world.query(`update runner.target_turn set lapses_at = now() where target_id = $1`, [target]);
    expect(await turns.ask(target, { concurrency: 1 }, randomUUID(), LONG_MS)).toBe(0);
    expect(await world.query('select 1 from runner.target_turn where target_id = $1', [target])).toHaveLength(1);
  });

  it('holds the rate over turns that are over, and says when there may be room', async () => {
    const target = newId('target');
    const id = randomUUID();
    expect(await turns.ask(target, { perSecond: 1 }, id, LONG_MS)).toBe(0);
    await turns.end(id);
    await world.query(
      `update runner.target_turn set begun_at = now() + interval '1 hour', lapses_at = now() + interval '2 hours' where target_id = $1`,
      [target],
    );
    const wait = await turns.ask(target, { perSecond: 1 }, randomUUID(), LONG_MS);
    expect(wait).toBeGreaterThan(3_000_000);
    expect(wait).toBeLessThanOrEqual(3_601_000);
    expect(await turns.ask(target, { perSecond: 3 }, randomUUID(), LONG_MS)).toBe(0);
  });

  it('lets in no more than there is room for, however many ask at once', async () => {
    const target = newId('target');
    const waits = await Promise.all(
      Array.from({ length: 20 }, () => turns.ask(target, { concurrency: 3 }, randomUUID(), LONG_MS)),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
  });
});
