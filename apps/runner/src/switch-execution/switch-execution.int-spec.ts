import {
  dryRun,
  type Execute,
  type ExecutionState,
  execute,
  newId,
  type PlanHeader,
  readDryRun,
  readSwitch,
  setSwitch,
  withdraw,
} from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { RunnerWorld } from '../runner.harness.js';

describe('switch-execution', () => {
  let world: RunnerWorld;
  const context = { actor: { kind: 'user' as const, id: newId('user') }, correlationId: 'test' };

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => {
    world.tickets.seen.length = 0;
    world.tickets.answer = () => 201;
  });
  afterEach(() => turn('running'));

  const turn = (state: ExecutionState) =>
    world.rpc.call(setSwitch, { ...world.scope(), state, reason: 'The ticket system is down' }, context);
  const approved = async (records: number, startInMs?: number): Promise<Execute> => {
    await world.capture({ records });
    const replayId = await world.send(dryRun, world.dryRunCommand());
    expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded' });
    const { dryRun: facts } = await world.rpc.call(readDryRun, { replayId }, context);
    return world.executeCommand(replayId, facts?.header as PlanHeader, facts?.planDigest as string, startInMs);
  };
  /** Turns it while the second action waits for its answer. */
  const turnInside = async (state: ExecutionState) => {
    const command = await approved(4);
    let answerNow: () => void = () => undefined;
    const turned = new Promise<void>((resolve) => {
      answerNow = resolve;
    });
    world.tickets.answer = (n) => (n === 2 ? turned.then(() => 201) : 201);
    await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(2));
    await turn(state);
    answerNow();
    return command;
  };

  it('switch-execution - is running until somebody sets it, and says who set it', async () => {
    const environmentId = newId('environment');
    expect(await world.rpc.call(readSwitch, { environmentId }, context)).toEqual({ environmentId, state: 'running' });
    const set = { state: 'stopped', reason: 'The ticket system is down', changedBy: context.actor.id };
    expect(await turn('stopped')).toMatchObject(set);
    const { environmentId: here } = world.scope();
    expect(await world.rpc.call(readSwitch, { environmentId: here }, context)).toMatchObject(set);
    await eventually(() =>
      expect(world.events.at(-1)).toMatchObject({ name: 'switch.set', data: { before: 'running', after: 'stopped' } }),
    );
  });

  it('switch-execution - a stopped run ends before its next action', async () => {
    const command = await turnInside('stopped');
    expect(await world.end(command.replayId)).toMatchObject({
      name: 'run.cancelled',
      data: { actionsDone: 2, codes: ['stopped'] },
    });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('switch-execution - a paused run waits with its lease, and goes on or is cancelled', async () => {
    const waiting = await turnInside('paused');
    const cancelled = await approved(3);
    await eventually(async () => expect(await doneOf(waiting.replayId)).toBe(2));
    await turn('running');
    expect(await world.end(waiting.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 4, attempt: 1 } });

    world.tickets.answer = () => 201;
    await turn('paused');
    await world.send(execute, cancelled);
    await eventually(async () => expect(await stateOf(cancelled.replayId)).toBe('verifying'));
    await world.send(withdraw, { replayId: cancelled.replayId, reason: 'cancel' });
    expect(await world.end(cancelled.replayId)).toMatchObject({ name: 'run.withdrawn' });
    expect(world.tickets.seen).toHaveLength(4);
  });

  it('switch-execution - nothing starts where it is stopped, or stays paused until start-by', async () => {
    const [stopped, paused] = [await approved(1), await approved(1)];
    await turn('stopped');
    await world.send(execute, stopped);
    expect(await world.end(stopped.replayId)).toMatchObject({ name: 'run.refused', data: { codes: ['environment_frozen'] } });
    await turn('paused');
    const late = { ...paused, startBy: new Date(Date.now() + 1_000).toISOString() };
    await world.send(execute, late);
    expect(await world.end(paused.replayId)).toMatchObject({ name: 'run.refused', data: { codes: ['start_by_passed'] } });
    expect(world.tickets.seen).toEqual([]);
  });

  const doneOf = async (replayId: string) => {
    const [row] = await world.query<{ actions_done: number }>('select actions_done from runner.run where replay_id = $1', [
      replayId,
    ]);
    return row.actions_done;
  };
  const stateOf = async (replayId: string) => {
    const [row] = await world.query<{ state: string }>('select state from runner.run where replay_id = $1', [replayId]);
    return row?.state;
  };
});
