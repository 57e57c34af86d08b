import { dryRun, type Execute, execute, newId } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { planKey } from '../make-plan/run-objects.js';
import { RunnerWorld } from '../runner.harness.js';

const FORGED = { dispatched: false };

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
    await world.send(execute, command, FORGED);
    await unconfirmed(command);
    expect(world.answers.calls).not.toContain('resolve');
    expect(world.answers.calls).not.toContain('settle');
    expect(world.tickets.seen).toEqual([]);
  });

  it('execute-run - a command made by hand does not stand in the way of the true one', async () => {
    const command = await world.approved();
    await world.send(execute, { ...command, include: 'all' }, FORGED);
    await unconfirmed(command);
    expect(await world.perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(5);
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).not.toContain('run.refused');
  });

  it('execute-run - the true command that comes while a forged one is looked at is not lost', async () => {
    const command = await world.approved({ records: 2 });
    world.answers.away.add('confirm');
    world.answers.calls.length = 0;
    await world.send(execute, { ...command, include: 'all' }, FORGED);
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
    await world.send(execute, { ...command, include: 'all' }, FORGED);
    await eventually(async () => expect(await rivalsOf(command.replayId)).toBe(1));
    world.answers.away.delete('confirm');
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).not.toContain('run.unconfirmed');
  });

  it.each([
    ['for another environment', () => ({ ...world.scope(), environmentId: newId('environment') })],
    ['for another project', () => ({ ...world.scope(), projectId: newId('project') })],
    ['for no place', () => ({ orgId: world.orgId })],
  ])('execute-run - the same command %s is another one, and stands in no way', async (_what, scope) => {
    const after = await world.approved({ records: 1 });
    await world.send(execute, after, { dispatched: false, scope: scope() });
    await unconfirmed(after);
    expect(await world.perform(after)).toMatchObject({ name: 'run.succeeded' });

    const meanwhile = await world.approved({ records: 1 });
    world.answers.away.add('confirm');
    world.answers.calls.length = 0;
    await world.send(execute, meanwhile, { dispatched: false, scope: scope() });
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(execute, meanwhile);
    await eventually(async () => expect(await rivalsOf(meanwhile.replayId)).toBe(1));
    world.answers.away.delete('confirm');
    expect(await world.end(meanwhile.replayId)).toMatchObject({ name: 'run.succeeded' });
  });

  it('execute-run - a dry run made by hand does not stand in the way of an execute', async () => {
    const command = await world.approved({ records: 2 });
    const { replayId } = command;
    await world.send(dryRun, { ...world.dryRunCommand(), replayId });
    expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded', data: { mode: 'dry_run' } });
    await world.send(execute, command);
    await eventually(() =>
      expect(world.eventsOf(replayId).at(-1)).toMatchObject({
        name: 'run.succeeded',
        data: { mode: 'execute', actionsDone: 2, actionsTotal: 2 },
      }),
    );
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('execute-run - an execute made by hand does not stand in the way of a dry run', async () => {
    const { replayId, ...rest } = await world.approved({ records: 2 });
    // While the dry run has its row already.
    const dryRunId = await world.send(dryRun, world.dryRunCommand());
    expect(await world.end(dryRunId)).toMatchObject({ name: 'run.succeeded' });
    world.answers.calls.length = 0;
    await world.send(execute, { ...rest, replayId: dryRunId }, FORGED);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    expect(await world.perform(await world.approvedAgain(dryRunId))).toMatchObject({ name: 'run.succeeded' });

    // And before it has.
    world.answers.away.add('confirm');
    world.answers.calls.length = 0;
    await world.send(execute, { ...rest, replayId }, FORGED);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(dryRun, { ...world.dryRunCommand(), replayId });
    await eventually(async () => expect(await rivalsOf(replayId)).toBe(1));
    world.answers.away.delete('confirm');
    expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded', data: { mode: 'dry_run' } });
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
