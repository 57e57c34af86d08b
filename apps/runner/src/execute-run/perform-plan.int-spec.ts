import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Execute, execute } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { MAX_STRIKES } from '../domain/run.machine.js';
import { RunnerWorld } from '../runner.harness.js';

describe('perform-plan', () => {
  let world: RunnerWorld;

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => world.quiet());

  it('execute-run - an effect that an earlier replay has done is not sent again', async () => {
    const first = await world.approved({ records: 3 });
    expect(await world.perform(first)).toMatchObject({ name: 'run.succeeded' });
    const second = await world.approvedAgain(first.replayId);
    expect(await world.perform(second)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 0 } });
    expect(world.tickets.seen).toHaveLength(3);
    const items = await world.actionsOf(second.replayId);
    expect(items.map(({ state, byReplay }) => [state, byReplay])).toEqual(Array(3).fill(['already_done', first.replayId]));
    const said = world.eventsOf(second.replayId).filter(({ name }) => name === 'action.ended');
    expect(said.map(({ data }) => data.byReplay)).toEqual(Array(3).fill(first.replayId));
  });

  it('perform-plan - repeats what is idempotent, then gives up and leaves the rest', async () => {
    const command = await world.approved({ records: 4, idempotent: true });
    world.tickets.answer = (n) => (n === 1 ? 201 : n === 2 ? 503 : n === 3 ? 201 : 500);
    expect(await world.perform(command)).toMatchObject({
      name: 'run.failed',
      data: { codes: ['action_failed'], actionsDone: 2 },
    });
    const items = await world.actionsOf(command.replayId);
    expect(items.map(({ state, attempts, status }) => [state, attempts, status])).toEqual([
      ['done', 1, 201],
      ['done', 2, 201],
      ['failed', 3, 500],
      ['not_started', 0, undefined],
    ]);
    expect([...world.tickets.counts().values()]).toEqual([1, 2, 3]);

    // A new replay does what is left, and nothing twice.
    world.tickets.answer = () => 201;
    world.tickets.seen.length = 0;
    const next = await world.approvedAgain(command.replayId as string);
    expect(await world.perform(next)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('perform-plan - what is not idempotent is sent once, whatever is answered; no answer leaves it to a person', async () => {
    const failing = await world.approved({ records: 2, idempotent: false });
    world.tickets.answer = () => 500;
    expect(await world.perform(failing)).toMatchObject({ name: 'run.failed' });
    expect(world.tickets.seen).toHaveLength(1);

    const silent = await world.approved({ records: 2, idempotent: false });
    world.tickets.seen.length = 0;
    world.tickets.answer = () => undefined;
    expect(await world.perform(silent)).toMatchObject({ name: 'run.indeterminate', data: { codes: ['action_indeterminate'] } });
    expect(world.tickets.seen).toHaveLength(1);
    expect((await world.actionsOf(silent.replayId))[0]).toMatchObject({ state: 'indeterminate' });
  });

  it('perform-plan - what would carry a redacted value is not sent, and is said', async () => {
    const command = await world.approved({ records: 3, redacted: [2] });
    const end = await world.perform(command);
    expect(end).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2, actionsTotal: 2 } });
    expect(world.tickets.seen.map(({ body }) => body)).toEqual(['{"title":"Issue 1"}', '{"title":"Issue 3"}']);
    expect((await world.actionsOf(command.replayId)).map(({ state, error }) => [state, error])).toEqual([
      ['done', undefined],
      ['not_started', 'input_redacted'],
      ['done', undefined],
    ]);
    expect((await world.reportOf(command.replayId)).actions).toEqual({
      done: 2,
      failed: 0,
      alreadyDone: 0,
      notStarted: 0,
      inputRedacted: 1,
    });
  });

  it('perform-plan - storage that is away for long spoils no run', async () => {
    const command = await world.approved({ records: 2 });
    const reports = join(world.objects.directory, 'reports');
    await rename(reports, `${reports}-away`);
    await writeFile(reports, 'no directory');
    await world.send(execute, command);
    await eventually(async () => expect((await rowOf(command)).attempt).toBeGreaterThan(MAX_STRIKES + 1), { timeoutMs: 30_000 });
    await rm(reports);
    await rename(`${reports}-away`, reports);
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.tickets.seen).toHaveLength(2);
  }, 60_000);

  it('perform-plan - a run that gets on has no strikes but the last claim', async () => {
    const command = await world.approved({ records: 2 });
    let strikes: number | undefined;
    world.tickets.answer = async (n) => {
      if (n === 1) await world.query('update runner.run set strikes = 5 where replay_id = $1', [command.replayId]);
      else ({ strikes } = await rowOf(command));
      return 201;
    };
    expect(await world.perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(strikes).toBe(1);
  });

  it('perform-plan - follows no redirect', async () => {
    const command = await world.approved({ records: 1 });
    world.tickets.answer = () => 307;
    expect(await world.perform(command)).toMatchObject({ name: 'run.failed', data: { detail: expect.stringContaining('307') } });
    expect(world.tickets.seen).toHaveLength(1);
  });

  it('two runners share the runs, each performed once', async () => {
    await world.startRunner('execute');
    const commands: Execute[] = [];
    for (let i = 0; i < 6; i += 1) commands.push(await world.approved({ records: 10 }));
    await Promise.all(commands.map((command) => world.send(execute, command)));
    for (const { replayId } of commands) expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(60);
    expect(new Set(world.tickets.counts().values())).toEqual(new Set([1]));
  });

  it('two replays of one plan at once send each effect once', async () => {
    const first = await world.approved({ records: 10 });
    const second = await world.approvedAgain(first.dryRunId as string);
    await Promise.all([world.send(execute, first), world.send(execute, second)]);
    const ends = [await world.end(first.replayId), await world.end(second.replayId)];
    expect(ends.map(({ name }) => name)).toEqual(['run.succeeded', 'run.succeeded']);
    expect(world.tickets.seen).toHaveLength(10);
    expect(ends.map(({ data }) => data.actionsDone ?? 0).reduce((a, b) => a + b)).toBe(10);
  });

  const rowOf = async ({ replayId }: Execute) => {
    const [row] = await world.query<{ attempt: number; strikes: number }>(
      'select attempt, strikes from runner.run where replay_id = $1',
      [replayId],
    );
    return row;
  };
});
