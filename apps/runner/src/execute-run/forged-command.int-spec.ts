import { type Execute, execute } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { planKey } from '../make-plan/run-objects.js';
import { RunnerWorld } from '../runner.harness.js';

describe('forged-command', () => {
  let world: RunnerWorld;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  const unconfirmed = ({ replayId }: Execute) =>
    eventually(() =>
      expect(world.eventsOf(replayId).at(-1)).toMatchObject({ name: 'run.unconfirmed', data: { codes: ['plan_mismatch'] } }),
    );
  const rivalsOf = async (replayId: string) => {
    const rows = await world.query('select 1 from runner.rival_command where replay_id = $1', [replayId]);
    return rows.length;
  };

  it('execute-run - a command made by hand reaches no target', async () => {
    const command = await world.approved();
    await world.send(execute, command, false);
    await unconfirmed(command);
    expect(world.answers.calls).not.toContain('resolve');
    expect(world.answers.calls).not.toContain('settle');
    expect(world.tickets.seen).toEqual([]);
  });

  it('execute-run - a command made by hand does not stand in the way of the true one', async () => {
    const command = await world.approved();
    await world.send(execute, { ...command, include: 'all' }, false);
    await unconfirmed(command);
    expect(await world.perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(5);
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).not.toContain('run.refused');
  });

  it('execute-run - the true command that comes while a forged one is looked at is not lost', async () => {
    const command = await world.approved({ records: 2 });
    world.answers.away.add('confirm');
    world.answers.calls.length = 0;
    await world.send(execute, { ...command, include: 'all' }, false);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(execute, command);
    await eventually(async () => expect(await rivalsOf(command.replayId)).toBe(1));
    world.answers.away.delete('confirm');
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).toContain('run.unconfirmed');
    expect(await rivalsOf(command.replayId)).toBe(0);
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('execute-run - a forged command that comes while the true one is looked at changes nothing', async () => {
    const command = await world.approved({ records: 2 });
    world.answers.away.add('confirm');
    world.answers.calls.length = 0;
    await world.send(execute, command);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(execute, { ...command, include: 'all' }, false);
    await eventually(async () => expect(await rivalsOf(command.replayId)).toBe(1));
    world.answers.away.delete('confirm');
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).not.toContain('run.unconfirmed');
  });

  it('execute-run - a plan changed in database and object store reaches no target', async () => {
    const command = await world.approved({ records: 2 });
    const dryRunId = command.dryRunId as string;
    const stored = planKey(dryRunId);
    const bytes = Buffer.concat(await (await world.objects.read(stored)).toArray());
    await world.objects.put(stored, Buffer.from(bytes.toString('latin1').replaceAll('/tickets', '/another'), 'latin1'));
    expect((await world.readPlan(dryRunId)).map(({ path }) => path)).toEqual(['/another', '/another']);
    await world.query(
      `update runner.run set header = jsonb_set(header, '{actions}', '99'), plan_digest = $2 where replay_id = $1`,
      [dryRunId, `sha256:${'f'.repeat(64)}`],
    );
    expect(await world.perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen.map(({ url }) => url)).toEqual(['/v1/tickets', '/v1/tickets']);

    // The same with the command itself: what was approved is not what it names now.
    const other = { ...(await world.approved({ records: 2 })), planDigest: `sha256:${'f'.repeat(64)}` };
    expect(await world.perform(other)).toMatchObject({ name: 'run.refused', data: { codes: ['plan_mismatch'] } });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('execute-run - a command changed in the database is not the one that was sent', async () => {
    const command = await world.approved({ records: 2, done: [1] });
    world.answers.away.add('confirm');
    await world.send(execute, command);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    // As if its holder had died: the next one reads the row again.
    await world.query(
      `update runner.run set command = jsonb_set(command, '{include}', '"all"'), attempt = attempt + 1, due_at = now()
       where replay_id = $1`,
      [command.replayId],
    );
    world.answers.away.delete('confirm');
    expect(await world.end(command.replayId)).toMatchObject({ data: { codes: ['plan_mismatch'] }, name: 'run.refused' });
    expect(world.tickets.seen).toEqual([]);
  });
});
