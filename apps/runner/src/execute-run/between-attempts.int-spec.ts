import { type Execute, execute, newId, setSwitch, withdraw } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { MAX_ATTEMPTS } from '../domain/judge-answer.js';
import { RunnerWorld } from '../runner.harness.js';

describe('between-attempts', () => {
  let world: RunnerWorld;
  const context = { actor: { kind: 'user' as const, id: newId('user') }, correlationId: 'test' };

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  const turn = (state: 'stopped' | 'running') => world.rpc.call(setSwitch, { ...world.scope(), state, reason: 'Down' }, context);

  const cancel = async ({ replayId }: Execute) => {
    await world.send(withdraw, { replayId, reason: 'cancel' });
    await eventually(async () => {
      const [row] = await world.query<{ withdraw: string }>('select withdraw from runner.run where replay_id = $1', [replayId]);
      expect(row.withdraw).toBe('cancel');
    });
  };

  it.each<[string, string, (command: Execute) => Promise<unknown>]>([
    ['withdrawn', 'cancel', cancel],
    ['stopped', 'stopped', () => turn('stopped')],
  ])(
    'perform-plan - what is %s between two attempts ends, and the effect is free for another replay',
    async (_how, code, stop) => {
      const command = await world.approved({ records: 2, idempotent: true });
      world.tickets.answer = async () => {
        await stop(command);
        return 503;
      };
      await world.send(execute, command);
      expect(await world.end(command.replayId)).toMatchObject({ name: 'run.cancelled', data: { codes: [code], actionsDone: 0 } });
      expect(world.tickets.seen).toHaveLength(1);
      expect((await world.actionsOf(command.replayId)).map(({ state }) => state)).toEqual(['failed', 'not_started']);
      expect((await world.reportOf(command.replayId)).actions).toEqual({ done: 0, failed: 1, alreadyDone: 0, notStarted: 1 });
      await eventually(() => {
        const ended = world.eventsOf(command.replayId).filter(({ name }) => name === 'action.ended');
        expect(ended.map(({ data }) => [data.index, data.state])).toEqual([[0, 'failed']]);
      });

      await turn('running');
      world.tickets.answer = () => 201;
      const next = await world.approvedAgain(command.dryRunId as string);
      expect(await world.perform(next)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    },
  );

  it('perform-plan - bears a target that cannot be reached for a while, for longer than one that answers badly', async () => {
    const command = await world.approved({ records: 2, idempotent: false });
    const { reopen } = await world.tickets.unreachable();
    await world.send(execute, command);
    await eventually(async () => expect(await attemptsOf(command)).toBeGreaterThan(MAX_ATTEMPTS));
    await reopen();
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect([...world.tickets.counts().values()]).toEqual([1, 1]);
  });

  it('perform-plan - what cannot be sent can be withdrawn, and has not started', async () => {
    const command = await world.approved({ records: 2, idempotent: false });
    const { reopen } = await world.tickets.unreachable();
    await world.send(execute, command);
    await eventually(async () => expect(await attemptsOf(command)).toBeGreaterThan(0));
    await cancel(command);
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.cancelled', data: { actionsDone: 0 } });
    await reopen();
    expect((await world.actionsOf(command.replayId)).map(({ state }) => state)).toEqual(['not_started', 'not_started']);
  });

  it('perform-plan - what may have arrived stays begun when it cannot be sent again', async () => {
    const command = await world.approved({ records: 1, idempotent: true });
    let reopen: () => Promise<void> = () => Promise.resolve();
    world.tickets.answer = async (n) => {
      if (n > 1) return 201;
      ({ reopen } = await world.tickets.unreachable());
      return 503;
    };
    await world.send(execute, command);
    await eventually(async () => expect(await attemptsOf(command)).toBeGreaterThan(MAX_ATTEMPTS));
    expect((await world.actionsOf(command.replayId))[0]).toMatchObject({ state: 'started' });
    await reopen();
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded' });
  });

  const attemptsOf = async ({ replayId }: Execute) => {
    const [row] = await world.query<{ attempts: number }>('select attempts from runner.effect where replay_id = $1', [replayId]);
    return row?.attempts ?? 0;
  };
});
