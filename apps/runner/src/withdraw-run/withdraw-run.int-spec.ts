import { dryRun, type Execute, execute, newId, withdraw } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { RunnerWorld } from '../runner.harness.js';

const FORGED = { dispatched: false };

describe('withdraw-run', () => {
  let world: RunnerWorld;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  const unconfirmed = ({ replayId }: Execute) =>
    eventually(() => expect(world.eventsOf(replayId).at(-1)).toMatchObject({ name: 'run.unconfirmed' }));

  it.each(['dry_run', 'execute'] as const)(
    'withdraw-run - before its command it answers as a %s, whichever pool takes it',
    async (mode) => {
      const ids = Array.from({ length: 8 }, () => newId('replay'));
      await Promise.all(ids.map((replayId) => world.send(withdraw, { replayId, reason: 'start_by', mode })));
      for (const replayId of ids) {
        expect(await world.end(replayId)).toMatchObject({ name: 'run.withdrawn', data: { mode, codes: ['start_by'] } });
      }
    },
  );

  it('withdraw-run - a message that names no mode is about an execute', async () => {
    const replayId = newId('replay');
    await world.send(withdraw, { replayId, reason: 'cancel' });
    expect(await world.end(replayId)).toMatchObject({ name: 'run.withdrawn', data: { mode: 'execute' } });
  });

  it('withdraw-run - a dry run in whose place somebody commanded an execute ends as a dry run', async () => {
    const forged = await world.approved({ records: 2 });
    await world.send(execute, forged, { dispatched: false });
    await unconfirmed(forged);
    await world.send(withdraw, { replayId: forged.replayId, reason: 'start_by', mode: 'dry_run' });
    expect(await world.end(forged.replayId)).toMatchObject({ name: 'run.withdrawn', data: { mode: 'dry_run' } });
    expect(world.tickets.seen).toEqual([]);
  });

  it('withdraw-run - an execute in whose place somebody commanded a dry run ends as an execute, and its command comes too late', async () => {
    const command = await world.approved({ records: 2 });
    const { replayId } = command;
    await world.send(dryRun, { ...world.dryRunCommand(), replayId }, { dispatched: false });
    expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded', data: { mode: 'dry_run' } });
    await world.send(withdraw, { replayId, reason: 'start_by', mode: 'execute' });
    await eventually(() => {
      expect(world.eventsOf(replayId).at(-1)).toMatchObject({
        name: 'run.withdrawn',
        data: { mode: 'execute', codes: ['start_by'] },
      });
    });
    await world.send(execute, command);
    expect(await world.perform(await world.approved({ records: 1 }))).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(1);
  });

  it('withdraw-run - a replay that waits for its true command ends, and the command comes too late', async () => {
    const command = await world.approved({ records: 2 });
    await world.send(execute, { ...command, include: 'all' }, FORGED);
    await unconfirmed(command);
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['start_by'] } });
    await world.send(execute, command);
    const next = await world.approved({ records: 1 });
    expect(await world.perform(next)).toMatchObject({ name: 'run.succeeded' });
    expect(world.eventsOf(command.replayId).at(-1)).toMatchObject({ name: 'run.withdrawn' });
    expect(world.tickets.seen).toHaveLength(1);
  });

  it('withdraw-run - a start-by that passes after the start stops nothing', async () => {
    const command = await world.approved({ records: 3 });
    world.tickets.answer = (n) => (n === 1 ? undefined : 201);
    await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(1));
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 3 } });
  });

  it('withdraw-run - before the start nothing runs', async () => {
    const command = await world.approved({ records: 2 });
    world.answers.away.add('confirm');
    await world.send(execute, command);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['start_by'] } });
    world.answers.away.delete('confirm');

    const other = await world.approved({ records: 2 });
    world.answers.away.add('settle');
    await world.send(execute, other);
    await eventually(() => expect(world.answers.calls).toContain('settle'));
    await world.send(withdraw, { replayId: other.replayId, reason: 'cancel' });
    await eventually(async () => {
      const [{ withdraw: noted }] = await world.query<{ withdraw: string }>(
        'select withdraw from runner.run where replay_id = $1',
        [other.replayId],
      );
      expect(noted).toBe('cancel');
    });
    world.answers.away.delete('settle');
    expect(await world.end(other.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['cancel'] } });
    expect(world.tickets.seen).toEqual([]);
  });

  it('withdraw-run - while running it stops before the next action', async () => {
    const command = await world.approved({ records: 5 });
    world.tickets.answer = (n) => (n === 1 ? 201 : undefined);
    await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(2));
    await eventually(() =>
      expect(world.eventsOf(command.replayId).at(-1)).toMatchObject({ name: 'run.progressed', data: { actionsDone: 1 } }),
    );
    await world.send(withdraw, { replayId: command.replayId, reason: 'cancel' });
    expect(await world.end(command.replayId)).toMatchObject({
      name: 'run.cancelled',
      data: { codes: ['cancel'], actionsDone: 1 },
    });
    expect(world.tickets.counts().size).toBe(2);
  });
});
