import { type Execute, execute } from '@reenact/contracts';
import { defaultPosture } from '@reenact/posture';
import { eventually } from '@reenact/testing';
import { type BundleWish, RunnerWorld } from '../runner.harness.js';
import { buildRunner, RunnerProcess } from '../runner-process.harness.js';

const OTHER_PLAN = `plan_digest = 'sha256:${'f'.repeat(64)}'`;

describe('take-over', () => {
  let world: RunnerWorld;
  let victim: RunnerProcess | undefined;

  beforeAll(async () => {
    await buildRunner();
    world = await RunnerWorld.open();
  }, 120_000);
  afterAll(() => world.close());
  afterEach(async () => {
    await victim?.close();
    await world.stopRunners();
    world.quiet();
  });

  const approved = async (wish: BundleWish): Promise<Execute> => {
    await world.startRunner('dry-run');
    const command = await world.approved(wish);
    await world.stopRunners();
    return command;
  };
  /** One runner dies at a named place, another one goes on. */
  const crash = async (at: string, wish: BundleWish, meanwhile?: string, change = (command: Execute) => command) => {
    const command = change(await approved({ records: 4, ...wish }));
    victim = new RunnerProcess(world, at);
    await world.send(execute, command);
    await victim.exited;
    expect(victim.child.signalCode).toBe('SIGKILL');
    if (meanwhile) await world.query(`update runner.run set ${meanwhile} where replay_id = $1`, [command.replayId]);
    await world.startRunner('execute');
    const end = await world.end(command.replayId, 30_000);
    const items = await world.actionsOf(command.replayId);
    return { command, end, sent: [...world.tickets.counts().values()], states: items.map(({ state }) => state) };
  };
  const done = Array(4).fill('done');

  it.each(['runner.after-claim', 'runner.after-settle'])('%s - nothing was sent, and everything is, once', async (at) => {
    const { end, sent, states } = await crash(at, { idempotent: false });
    expect(end).toMatchObject({ name: 'run.succeeded', data: { attempt: 2, actionsDone: 4 } });
    expect(sent).toEqual([1, 1, 1, 1]);
    expect(states).toEqual(done);
  });

  it('runner.before-send - an idempotent action is sent by the next one', async () => {
    const { end, sent, states } = await crash('runner.before-send:3', { idempotent: true });
    expect(end).toMatchObject({ name: 'run.succeeded', data: { attempt: 2, actionsDone: 4 } });
    expect(sent).toEqual([1, 1, 1, 1]);
    expect(states).toEqual(done);
  });

  it('runner.after-send-before-done - an idempotent action is repeated under the same key', async () => {
    const { end, sent, states } = await crash('runner.after-send-before-done:3', { idempotent: true });
    expect(end).toMatchObject({ name: 'run.succeeded', data: { attempt: 2, actionsDone: 4 } });
    expect(sent).toEqual([1, 1, 2, 1]);
    expect(states).toEqual(done);
  });

  it.each([
    ['runner.before-send:3', [1, 1]],
    ['runner.after-send-before-done:3', [1, 1, 1]],
  ])('%s - any other is left to a person, and nothing after it is sent', async (at, expected) => {
    const { end, sent, states } = await crash(at, { idempotent: false });
    expect(end).toMatchObject({ name: 'run.indeterminate', data: { attempt: 2, actionsDone: 2 } });
    expect(sent).toEqual(expected);
    expect(states).toEqual(['done', 'done', 'indeterminate', 'not_started']);
  });

  it('a holder that was taken over and wakes up writes nothing and sends nothing', async () => {
    const command = await approved({ records: 4, idempotent: true });
    victim = new RunnerProcess(world);
    const sleeper = victim.child;
    world.tickets.answer = (n) => {
      if (n === 2) sleeper.kill('SIGSTOP');
      return 201;
    };
    await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(2));
    await world.startRunner('execute');
    // It may stand still within a transaction, whose locks the database ends before long.
    expect(await world.end(command.replayId, 50_000)).toMatchObject({ name: 'run.succeeded', data: { attempt: 2 } });
    sleeper.kill('SIGCONT');
    // It goes on taking work, so the next run shows that it is awake and what it did with the lost one.
    await world.stopRunners();
    const next = await approved({ records: 1 });
    await world.send(execute, next);
    expect(await world.end(next.replayId)).toMatchObject({ name: 'run.succeeded', data: { attempt: 1 } });
    expect([...world.tickets.counts().values()]).toEqual([1, 2, 1, 1, 1]);
    // Each once; what the sleeper was about to publish comes last.
    await eventually(() => {
      const ends = world.eventsOf(command.replayId).filter(({ name }) => name === 'action.ended');
      expect(ends.map(({ data }) => data.index as number).sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    });
  }, 120_000);

  it.each([
    ['given up', 'strikes = 5', 'run.failed'],
    ['cancelled', `withdraw = 'cancel'`, 'run.cancelled'],
    ['refused', OTHER_PLAN, 'run.failed'],
  ])('a run that was begun and is %s leaves its idempotent action to the next replay', async (_how, meanwhile, name) => {
    const { command, end, states } = await crash('runner.after-send-before-done:2', { idempotent: true }, meanwhile);
    expect(end).toMatchObject({ name, data: { actionsDone: 1 } });
    expect(states).toEqual(['done', 'failed', 'not_started', 'not_started']);
    expect((await world.reportOf(command.replayId)).actions).toEqual({ done: 1, failed: 1, alreadyDone: 0, notStarted: 2 });
    const next = await world.approvedAgain(command.dryRunId as string);
    expect(await world.perform(next)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 3 } });
    expect([...world.tickets.counts().values()]).toEqual([1, 2, 1, 1]);
  });

  it.each([
    ['given up', 'strikes = 5'],
    ['cancelled', `withdraw = 'cancel'`],
    ['refused', OTHER_PLAN],
  ])('a run that was begun and is %s leaves any other action to a person, with a report', async (_how, meanwhile) => {
    const { command, end, states } = await crash('runner.after-send-before-done:2', { idempotent: false }, meanwhile);
    expect(end).toMatchObject({ name: 'run.indeterminate', data: { actionsDone: 1 } });
    expect(states).toEqual(['done', 'indeterminate', 'not_started', 'not_started']);
    expect((await world.reportOf(command.replayId)).actions).toEqual({ done: 1, failed: 1, alreadyDone: 0, notStarted: 2 });
  });

  it('a run without a dry run that is given up leaves a report too', async () => {
    const { posture } = world.answers;
    world.answers.posture = { ...posture, posture: defaultPosture('dev') };
    const { command } = await crash('runner.before-send:2', { idempotent: true }, 'strikes = 5', bare);
    world.answers.posture = posture;
    expect((await world.reportOf(command.replayId)).actions).toEqual({ done: 1, failed: 1, alreadyDone: 0, notStarted: 2 });
  });

  it('a run that kills whoever takes it, and has nothing open, is given up as failed', async () => {
    const { end, sent } = await crash('runner.before-send:2', { records: 2, idempotent: true }, 'strikes = 5');
    expect(end).toMatchObject({ name: 'run.failed', data: { codes: ['internal'] } });
    expect(sent).toEqual([1]);
  });
});

/** As dev allows it: nobody saw its plan. */
function bare(command: Execute): Execute {
  const { dryRunId: _dryRun, planDigest: _plan, approvalId: _approval, credential: _credential, ...rest } = command;
  return rest;
}
