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
  const context = { actor: { kind: 'user' as const, id: newId('user'), name: 'Olivia' }, correlationId: 'test' };

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

  it('switch-execution - a stopped run ends before its next action, and says who stopped it', async () => {
    const command = await turnInside('stopped');
    expect(await world.end(command.replayId)).toMatchObject({
      name: 'run.cancelled',
      data: {
        actionsDone: 2,
        codes: ['stopped'],
        detail: told('stopped'),
      },
    });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('switch-execution - a paused run is given back without blame, and goes on or is cancelled', async () => {
    const givenBack = ({ replayId }: Execute) =>
      eventually(async () => expect(await rowOf(replayId)).toEqual({ state: 'running', actions_done: 2, strikes: 0 }));
    const waiting = await turnInside('paused');
    await givenBack(waiting);
    await turn('running');
    expect(await world.end(waiting.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 4 } });

    world.tickets.seen.length = 0;
    const cancelled = await turnInside('paused');
    await givenBack(cancelled);
    await world.send(withdraw, { replayId: cancelled.replayId, reason: 'cancel' });
    expect(await world.end(cancelled.replayId)).toMatchObject({ name: 'run.cancelled', data: { actionsDone: 2 } });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('switch-execution - a run that is paused before its start starts later, or is withdrawn', async () => {
    const commands = [await approved(1), await approved(1)];
    world.answers.away.add('confirm');
    for (const command of commands) await world.send(execute, command);
    for (const { replayId } of commands)
      await eventually(async () => expect(await rowOf(replayId)).toMatchObject({ state: 'verifying' }));
    await turn('paused');
    world.answers.away.delete('confirm');
    for (const { replayId } of commands)
      await eventually(async () => expect(await rowOf(replayId)).toMatchObject({ state: 'verifying', strikes: 0 }));
    const [late, withdrawn] = commands;
    await world.send(withdraw, { replayId: withdrawn.replayId, reason: 'start_by' });
    expect(await world.end(withdrawn.replayId)).toMatchObject({
      name: 'run.withdrawn',
      data: { codes: ['start_by'], detail: told('paused') },
    });
    await turn('running');
    expect(await world.end(late.replayId)).toMatchObject({ name: 'run.succeeded' });
  });

  it('switch-execution - a cancel reaches a run that is paused in its start', async () => {
    const command = await approved(1);
    world.answers.away.add('settle');
    await world.send(execute, command);
    await eventually(async () => expect(await rowOf(command.replayId)).toMatchObject({ state: 'starting' }));
    await world.stopRunners();
    await world.startRunner('dry-run');
    await turn('paused');
    await world.startRunner('execute');
    await world.send(withdraw, { replayId: command.replayId, reason: 'cancel' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['cancel'] } });
    world.answers.away.delete('settle');
    expect(world.tickets.seen).toEqual([]);
  });

  it('switch-execution - more paused runs than a runner takes at once hold up no other environment', async () => {
    await world.stopRunners();
    await world.startRunner('dry-run');
    const paused = [await approved(2), await approved(2), await approved(2)];
    let answerNow: () => void = () => undefined;
    const turned = new Promise<number>((resolve) => {
      answerNow = () => resolve(201);
    });
    world.tickets.answer = () => turned;
    await world.startRunner('execute', { concurrency: 2, answerTimeoutMs: 60_000 });
    for (const command of paused) await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(2));
    await turn('paused');
    answerNow();

    const { environmentId: here } = world.scope();
    world.environmentId = newId('environment');
    const other = await approved(2);
    expect(await world.perform(other)).toMatchObject({ name: 'run.succeeded' });
    world.environmentId = here;
    expect(world.tickets.seen).toHaveLength(4);

    await turn('running');
    for (const { replayId } of paused) expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded' });
    expect(new Set(world.tickets.counts().values())).toEqual(new Set([1]));
    expect(world.tickets.counts().size).toBe(8);
  });

  it('switch-execution - nothing starts where it is stopped, or stays paused until start-by', async () => {
    const [stopped, paused] = [await approved(1), await approved(1)];
    await turn('stopped');
    await world.send(execute, stopped);
    expect(await world.end(stopped.replayId)).toMatchObject({
      name: 'run.refused',
      data: { codes: ['environment_frozen'], detail: told('stopped') },
    });
    await turn('paused');
    const late = { ...paused, startBy: new Date(Date.now() + 1_000).toISOString() };
    await world.send(execute, late);
    expect(await world.end(paused.replayId)).toMatchObject({
      name: 'run.refused',
      data: { codes: ['start_by_passed'], detail: told('paused') },
    });
    expect(world.tickets.seen).toEqual([]);
  });

  const told = (state: ExecutionState) =>
    expect.stringMatching(
      new RegExp(`Olivia \\(usr_\\w+\\) ${state} the execution of the environment at .*Z: The ticket system is down\\.$`),
    );

  const rowOf = async (replayId: string) => {
    const [row] = await world.query<{ state: string; actions_done: number; strikes: number }>(
      'select state, actions_done, strikes from runner.run where replay_id = $1',
      [replayId],
    );
    return row;
  };
});
