import { execute, replayResolved } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { RunnerWorld } from '../runner.harness.js';

describe('resolve-effects', () => {
  let world: RunnerWorld;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  it.each([
    ['performed', 'done'],
    ['not_performed', 'not_started'],
  ] as const)('resolve-effects - an action that was %s is %s, says who said so, and keeps no error', async (outcome, state) => {
    const { replayId, ...rest } = await world.approved({ records: 2, idempotent: false });
    world.tickets.answer = () => undefined;
    await world.send(execute, { replayId, ...rest });
    expect(await world.end(replayId)).toMatchObject({ name: 'run.indeterminate' });
    expect((await world.actionsOf(replayId))[0]).toMatchObject({ state: 'indeterminate', error: expect.any(String) });

    const resolution = { replayId, state: 'indeterminate' as const, outcome, reason: 'Looked at the ticket server' };
    await world.send(replayResolved, resolution);
    await eventually(async () => {
      const [action, other] = await world.actionsOf(replayId);
      expect(action).toMatchObject({ state, resolvedBy: { kind: 'service', id: 'replay-orchestrator' } });
      expect(action).not.toHaveProperty('error');
      expect(other).toEqual({ index: 1, state: 'not_started', attempts: 0 });
    });
  });
});
