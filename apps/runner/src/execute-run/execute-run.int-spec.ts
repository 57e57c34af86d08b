import {
  dryRun,
  type Execute,
  execute,
  listActions,
  newId,
  type PlanHeader,
  readDryRun,
  referReport,
  withdraw,
} from '@reenact/contracts';
import { defaultPosture } from '@reenact/posture';
import { eventually } from '@reenact/testing';
import { type BundleWish, RunnerWorld } from '../runner.harness.js';

describe('execute-run', () => {
  let world: RunnerWorld;
  const context = { actor: { kind: 'service' as const, id: 'gateway' }, correlationId: 'test' };

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
    await world.startRunner('execute');
  });
  afterAll(() => world.close());
  beforeEach(() => {
    world.tickets.seen.length = 0;
    world.answers.calls.length = 0;
    world.tickets.answer = () => 201;
    world.answers.settle = () => ({ settled: true });
  });

  const approved = async (wish: BundleWish = {}, startInMs?: number): Promise<Execute> => {
    await world.capture(wish);
    const replayId = await world.send(dryRun, world.dryRunCommand());
    expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded' });
    const { dryRun: facts } = await world.rpc.call(readDryRun, { replayId }, context);
    return world.executeCommand(replayId, facts?.header as PlanHeader, facts?.planDigest as string, startInMs);
  };
  const perform = async (command: Execute, dispatched = true) => {
    await world.send(execute, command, dispatched);
    return world.end(command.replayId);
  };
  const unconfirmed = ({ replayId }: Execute) =>
    eventually(() =>
      expect(world.eventsOf(replayId).at(-1)).toMatchObject({ name: 'run.unconfirmed', data: { codes: ['plan_mismatch'] } }),
    );
  const rivalsOf = async (replayId: string) => {
    const rows = await world.query('select 1 from runner.rival_command where replay_id = $1', [replayId]);
    return rows.length;
  };
  const actionsOf = async (replayId: string) => (await world.rpc.call(listActions, { replayId }, context)).items;

  it('execute-run - performs what is undone, each once, under its key', async () => {
    const command = await approved({ records: 5, done: [1, 2] });
    const end = await perform(command);
    expect(end).toMatchObject({
      name: 'run.succeeded',
      data: { actionsDone: 3, actionsTotal: 3, planDigest: command.planDigest },
    });
    expect(world.tickets.seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/v1/tickets', '{"title":"Issue 3"}'],
      ['POST', '/v1/tickets', '{"title":"Issue 4"}'],
      ['POST', '/v1/tickets', '{"title":"Issue 5"}'],
    ]);
    const plan = await world.readPlan(command.replayId);
    expect(world.tickets.seen.map(({ key }) => key)).toEqual(plan.slice(2).map(({ idempotencyKey }) => idempotencyKey));
    const [{ headers }] = world.tickets.seen;
    expect(headers).toMatchObject({
      'x-github-event': 'issues',
      authorization: 'Bearer sesame',
      'content-type': 'application/json',
    });
    expect(headers).not.toHaveProperty('cookie');

    const names = world.eventsOf(command.replayId).map(({ name }) => name);
    // How far it is, is told about once a second.
    expect(names.filter((name) => name !== 'run.progressed')).toEqual([
      'run.started',
      'action.ended',
      'action.ended',
      'action.ended',
      'run.succeeded',
    ]);
    const items = await actionsOf(command.replayId);
    expect(items.map(({ state, status }) => [state, status])).toEqual([
      ['already_done', undefined],
      ['already_done', undefined],
      ['done', 201],
      ['done', 201],
      ['done', 201],
    ]);
    const { key } = await world.rpc.call(referReport, { replayId: command.replayId }, context);
    const report = JSON.parse(Buffer.concat(await (await world.objects.read(key)).toArray()).toString());
    expect(report.actions).toEqual({ done: 3, failed: 0, alreadyDone: 2, notStarted: 0 });
    expect(world.answers.calls.filter((call) => call === 'confirm')).toHaveLength(1);
    const order = world.answers.calls.filter((call) => ['confirm', 'resolve', 'settle', 'posture'].includes(call));
    expect(order.slice(-3)).toEqual(['resolve', 'settle', 'posture']);
  });

  it('execute-run - an effect that an earlier replay has done is not sent again', async () => {
    const first = await approved({ records: 3 });
    expect(await perform(first)).toMatchObject({ name: 'run.succeeded' });
    const { header, plan_digest } = (
      await world.query<{ header: PlanHeader; plan_digest: string }>(
        'select header, plan_digest from runner.run where replay_id = $1',
        [first.replayId],
      )
    )[0];
    const second = world.executeCommand(first.dryRunId as string, header, plan_digest);
    expect(await perform(second)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 0 } });
    expect(world.tickets.seen).toHaveLength(3);
    const items = await actionsOf(second.replayId);
    expect(items.map(({ state, byReplay }) => [state, byReplay])).toEqual(Array(3).fill(['already_done', first.replayId]));
    const said = world.eventsOf(second.replayId).filter(({ name }) => name === 'action.ended');
    expect(said.map(({ data }) => data.byReplay)).toEqual(Array(3).fill(first.replayId));
  });

  it('execute-run - a command made by hand reaches no target', async () => {
    const command = await approved();
    await world.send(execute, command, false);
    await unconfirmed(command);
    expect(world.answers.calls).not.toContain('resolve');
    expect(world.answers.calls).not.toContain('settle');
    expect(world.tickets.seen).toEqual([]);
  });

  it('execute-run - a command made by hand does not stand in the way of the true one', async () => {
    const command = await approved();
    await world.send(execute, { ...command, include: 'all' }, false);
    await unconfirmed(command);
    expect(await perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(5);
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).not.toContain('run.refused');
  });

  it('execute-run - the true command that comes while a forged one is looked at is not lost', async () => {
    const command = await approved({ records: 2 });
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
    const command = await approved({ records: 2 });
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

  it('withdraw-run - a replay that waits for its true command ends, and the command comes too late', async () => {
    const command = await approved({ records: 2 });
    await world.send(execute, { ...command, include: 'all' }, false);
    await unconfirmed(command);
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['start_by'] } });
    await world.send(execute, command);
    const next = await approved({ records: 1 });
    expect(await perform(next)).toMatchObject({ name: 'run.succeeded' });
    expect(world.eventsOf(command.replayId).at(-1)).toMatchObject({ name: 'run.withdrawn' });
    expect(world.tickets.seen).toHaveLength(1);
  });

  it('withdraw-run - a start-by that passes after the start stops nothing', async () => {
    const command = await approved({ records: 3 });
    world.tickets.answer = (n) => (n === 1 ? undefined : 201);
    await world.send(execute, command);
    await eventually(() => expect(world.tickets.seen).toHaveLength(1));
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 3 } });
  });

  it('execute-run - a plan changed in database and object store reaches no target', async () => {
    const command = await approved({ records: 2 });
    const dryRunId = command.dryRunId as string;
    const forged = (await world.readPlan(dryRunId)).map((action) => ({ ...action, path: '/forged' }));
    await world.objects.put(
      `runs/${dryRunId}/plan.ndjson`,
      Buffer.from(forged.map((action) => `${JSON.stringify(action)}\n`).join('')),
    );
    await world.query(
      `update runner.run set header = jsonb_set(header, '{actions}', '99'), plan_digest = $2 where replay_id = $1`,
      [dryRunId, `sha256:${'f'.repeat(64)}`],
    );
    expect(await perform(command)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen.map(({ url }) => url)).toEqual(['/v1/tickets', '/v1/tickets']);

    // The same with the command itself: what was approved is not what it names now.
    const other = { ...(await approved({ records: 2 })), planDigest: `sha256:${'f'.repeat(64)}` };
    expect(await perform(other)).toMatchObject({ name: 'run.refused', data: { codes: ['plan_mismatch'] } });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('execute-run - a command changed in the database is not the one that was sent', async () => {
    const command = await approved({ records: 2, done: [1] });
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

  it.each<[string, (command: Execute) => Execute, string]>([
    ['without a credential', ({ credential: _credential, ...rest }) => rest as Execute, 'approval_missing'],
    [
      'with no approval at all',
      ({ credential: _credential, approvalId: _approval, ...rest }) => rest as Execute,
      'approval_missing',
    ],
    ['with a broken signature', broken, 'approval_signature_invalid'],
    ['by another requester', (command) => ({ ...command, requesterId: newId('user') }), 'approval_requester_mismatch'],
    ['for another approval', (command) => ({ ...command, approvalId: newId('approval') }), 'approval_scope_mismatch'],
    ['under another posture', (command) => ({ ...command, postureRevision: 9 }), 'posture_changed'],
    [
      'for another artifact',
      (command) => ({ ...command, artifactSha256: `sha256:${'e'.repeat(64)}` }),
      'approval_scope_mismatch',
    ],
    ['for another target', (command) => ({ ...command, targets: [{ ...command.targets[0], revision: 2 }] }), 'plan_mismatch'],
    ['after its start-by', (command) => ({ ...command, startBy: new Date(Date.now() - 1).toISOString() }), 'start_by_passed'],
  ])('execute-run - %s nothing is performed', async (_what, change, code) => {
    const command = change(await approved({ records: 2 }));
    const end = await perform(command);
    expect(end.name).toBe('run.refused');
    expect(end.data.codes).toContain(code);
    expect(world.tickets.seen).toEqual([]);
  });

  it('execute-run - a key set that the root key did not sign is not believed', async () => {
    const command = await approved({ records: 1 });
    const { keys } = world.answers;
    world.answers.keys = {
      ...keys,
      envelope: { ...keys.envelope, signatures: [{ ...keys.envelope.signatures[0], sig: 'A'.repeat(86).concat('==') }] },
    };
    try {
      expect(await perform(command)).toMatchObject({ name: 'run.refused', data: { codes: ['approval_signature_invalid'] } });
    } finally {
      world.answers.keys = keys;
    }
  });

  it('execute-run - a use that is not settled, a freeze, and silence until start-by are no start', async () => {
    const refused = await approved({ records: 1 });
    world.answers.settle = () => ({ settled: false, code: 'approval_revoked' });
    expect(await perform(refused)).toMatchObject({ name: 'run.refused', data: { codes: ['approval_revoked'] } });
    world.answers.settle = () => ({ settled: true });

    const { posture } = world.answers;
    const now = Date.now();
    const frozen = { from: new Date(now - 1_000).toISOString(), to: new Date(now + 60_000).toISOString(), reason: 'sale' };
    world.answers.posture = { ...posture, posture: { ...defaultPosture('prod'), freezes: [frozen] } };
    const cold = await approved({ records: 1 });
    expect(await perform(cold)).toMatchObject({ name: 'run.refused', data: { codes: ['environment_frozen'] } });
    world.answers.posture = posture;

    const silent = await approved({ records: 1 }, 1_500);
    world.answers.away.add('settle');
    expect(await perform(silent)).toMatchObject({ name: 'run.refused', data: { codes: ['start_by_passed'] } });
    world.answers.away.delete('settle');
    expect(world.tickets.seen).toEqual([]);
  });

  it('withdraw-run - before the start nothing runs', async () => {
    const command = await approved({ records: 2 });
    world.answers.away.add('confirm');
    await world.send(execute, command);
    await eventually(() => expect(world.answers.calls).toContain('confirm'));
    await world.send(withdraw, { replayId: command.replayId, reason: 'start_by' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.withdrawn', data: { codes: ['start_by'] } });
    world.answers.away.delete('confirm');

    const other = await approved({ records: 2 });
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
    const command = await approved({ records: 5 });
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

  it('perform-plan - repeats what is idempotent, then gives up and leaves the rest', async () => {
    const command = await approved({ records: 4, idempotent: true });
    world.tickets.answer = (n) => (n === 1 ? 201 : n === 2 ? 503 : n === 3 ? 201 : 500);
    expect(await perform(command)).toMatchObject({ name: 'run.failed', data: { codes: ['action_failed'], actionsDone: 2 } });
    const items = await actionsOf(command.replayId);
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
    const [{ header }] = await world.query<{ header: PlanHeader }>('select header from runner.run where replay_id = $1', [
      command.replayId,
    ]);
    const next = world.executeCommand(command.dryRunId as string, header, command.planDigest as string);
    expect(await perform(next)).toMatchObject({ name: 'run.succeeded', data: { actionsDone: 2 } });
    expect(world.tickets.seen).toHaveLength(2);
  });

  it('perform-plan - what is not idempotent is sent once, whatever is answered; no answer leaves it to a person', async () => {
    const failing = await approved({ records: 2, idempotent: false });
    world.tickets.answer = () => 500;
    expect(await perform(failing)).toMatchObject({ name: 'run.failed' });
    expect(world.tickets.seen).toHaveLength(1);

    const silent = await approved({ records: 2, idempotent: false });
    world.tickets.seen.length = 0;
    world.tickets.answer = () => undefined;
    expect(await perform(silent)).toMatchObject({ name: 'run.indeterminate', data: { codes: ['action_indeterminate'] } });
    expect(world.tickets.seen).toHaveLength(1);
    expect((await actionsOf(silent.replayId))[0]).toMatchObject({ state: 'indeterminate' });
  });

  it('perform-plan - follows no redirect', async () => {
    const command = await approved({ records: 1 });
    world.tickets.answer = () => 307;
    expect(await perform(command)).toMatchObject({ name: 'run.failed', data: { detail: expect.stringContaining('307') } });
    expect(world.tickets.seen).toHaveLength(1);
  });

  it('two runners share the runs, each performed once', async () => {
    await world.startRunner('execute');
    const commands: Execute[] = [];
    for (let i = 0; i < 6; i += 1) commands.push(await approved({ records: 10 }));
    await Promise.all(commands.map((command) => world.send(execute, command)));
    for (const { replayId } of commands) expect(await world.end(replayId)).toMatchObject({ name: 'run.succeeded' });
    expect(world.tickets.seen).toHaveLength(60);
    expect(new Set(world.tickets.counts().values())).toEqual(new Set([1]));
  });

  it('two replays of one plan at once send each effect once', async () => {
    const first = await approved({ records: 10 });
    const [{ header }] = await world.query<{ header: PlanHeader }>('select header from runner.run where replay_id = $1', [
      first.dryRunId,
    ]);
    const second = world.executeCommand(first.dryRunId as string, header, first.planDigest as string);
    await Promise.all([world.send(execute, first), world.send(execute, second)]);
    const ends = [await world.end(first.replayId), await world.end(second.replayId)];
    expect(ends.map(({ name }) => name)).toEqual(['run.succeeded', 'run.succeeded']);
    expect(world.tickets.seen).toHaveLength(10);
    expect(ends.map(({ data }) => data.actionsDone ?? 0).reduce((a, b) => a + b)).toBe(10);
  });
});

function broken(command: Execute): Execute {
  const { credential } = command;
  if (!credential) throw new Error('no credential');
  const [{ keyid, sig }] = credential.signatures;
  const bytes = Buffer.from(sig, 'base64');
  bytes[0] ^= 1;
  return { ...command, credential: { ...credential, signatures: [{ keyid, sig: bytes.toString('base64') }] } };
}
