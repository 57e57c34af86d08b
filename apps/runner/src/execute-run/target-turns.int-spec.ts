import { type Execute, execute, newId, setSwitch, type TargetLimits, withdraw } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { RunnerWorld } from '../runner.harness.js';

describe('target-turns', () => {
  let world: RunnerWorld;
  const context = { actor: { kind: 'user' as const, id: newId('user') }, correlationId: 'test' };

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute', { answerTimeoutMs: 120_000 });
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());
  afterEach(() => bear(undefined));

  /** A changed target is another revision: plans are made after it. */
  function bear(limits: TargetLimits | undefined): void {
    const { limits: _, ...target } = world.answers.target;
    world.answers.target = { ...target, revision: target.revision + 1, ...(limits && { limits }) };
  }

  async function approved(count: number, records: number): Promise<Execute[]> {
    const commands: Execute[] = [];
    for (let n = 0; n < count; n += 1) commands.push(await world.approved({ records }));
    return commands;
  }

  const sendAll = (commands: Execute[]) => Promise.all(commands.map((command) => world.send(execute, command)));

  async function succeed(commands: Execute[]): Promise<void> {
    for (const { replayId } of commands) expect(await world.end(replayId, 60_000)).toMatchObject({ name: 'run.succeeded' });
  }

  /** Answers when as many are under way, or no more come; tells how many there were at the most. */
  function crowd(size: number): { most: number } {
    const seen = { most: 0 };
    let underWay = 0;
    let gathered: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      gathered = resolve;
    });
    world.tickets.answer = async () => {
      underWay += 1;
      seen.most = Math.max(seen.most, underWay);
      if (underWay >= size) gathered();
      await all;
      underWay -= 1;
      return 201;
    };
    return seen;
  }

  it('target-turns - runs meet at a target that bears them all, and stay below what it bears', async () => {
    const free = await approved(3, 2);
    const meeting = crowd(3);
    await sendAll(free);
    await succeed(free);
    expect(meeting.most).toBe(3);

    world.quiet();
    bear({ concurrency: 2 });
    const bounded = await approved(3, 3);
    const pairs = crowd(2);
    await sendAll(bounded);
    await succeed(bounded);
    expect([pairs.most, world.tickets.seen.length]).toEqual([2, 9]);
  });

  it('target-turns - runs of two processes share what a target bears', async () => {
    const other = await world.startRunner('execute', { answerTimeoutMs: 120_000 });
    bear({ concurrency: 2 });
    const commands = await approved(8, 2);
    const pairs = crowd(2);
    await sendAll(commands);
    await succeed(commands);
    expect([pairs.most, world.tickets.seen.length]).toEqual([2, 16]);
    expect(await world.query('select 1 from runner.target_turn where begun_at is null')).toEqual([]);
    await other.stop();
  });

  it('target-turns - no more begin in a second than it bears', async () => {
    bear({ perSecond: 2 });
    const commands = await approved(2, 3);
    const start = performance.now();
    await sendAll(commands);
    await succeed(commands);
    expect(world.tickets.seen).toHaveLength(6);
    // The fifth and sixth begin two seconds after the first, at the earliest.
    expect(performance.now() - start).toBeGreaterThanOrEqual(2_000);
  });

  it.each([
    ['withdrawn', 'run.cancelled'],
    ['stopped', 'run.cancelled'],
  ])('target-turns - who waits for a turn and is %s ends without it', async (how, end) => {
    bear({ concurrency: 1 });
    const [holder, waiter] = await approved(2, 1);
    let answerNow: () => void = () => undefined;
    const answered = new Promise<number>((resolve) => {
      answerNow = () => resolve(201);
    });
    world.tickets.answer = () => answered;
    await world.send(execute, holder);
    await eventually(() => expect(world.tickets.seen).toHaveLength(1));
    await world.send(execute, waiter);
    await eventually(() => expect(world.eventsOf(waiter.replayId).map(({ name }) => name)).toContain('run.started'));
    const turn = (state: 'stopped' | 'running') =>
      world.rpc.call(setSwitch, { ...world.scope(), state, reason: 'Down' }, context);
    if (how === 'withdrawn') await world.send(withdraw, { replayId: waiter.replayId, reason: 'cancel' });
    else await turn('stopped');
    expect(await world.end(waiter.replayId)).toMatchObject({ name: end, data: { actionsDone: 0 } });
    if (how === 'stopped') await turn('running');
    answerNow();
    await succeed([holder]);
    expect(world.tickets.seen).toHaveLength(1);
    expect((await world.actionsOf(waiter.replayId)).map(({ state }) => state)).toEqual(['not_started']);
  });

  it('target-turns - waits for an answer no longer than the target says', async () => {
    bear({ timeoutMs: 200 });
    const command = await world.approved({ records: 1, idempotent: false });
    world.tickets.answer = () => undefined;
    await world.send(execute, command);
    expect(await world.end(command.replayId, 60_000)).toMatchObject({ name: 'run.indeterminate' });
  });
});
