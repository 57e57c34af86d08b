import {
  type DryRun,
  dryRun,
  listActions,
  newId,
  readDryRun,
  readPlanPage,
  referPayload,
  referPlan,
  referReport,
  withdraw,
} from '@reenact/contracts';
import { type ActionStage, parseSpec, planDigest, specHash } from '@reenact/pipeline';
import { eventually } from '@reenact/testing';
import { RunnerWorld } from '../runner.harness.js';

describe('dry-run', () => {
  let world: RunnerWorld;
  const context = { actor: { kind: 'service' as const, id: 'gateway' }, correlationId: 'test' };

  beforeAll(async () => {
    world = await RunnerWorld.open();
    await world.startRunner('dry-run');
  });
  afterAll(() => world.close());
  beforeEach(() => world.capture({ records: 5, done: [1, 2] }));

  const run = async (command: DryRun = world.dryRunCommand()) => {
    await world.send(dryRun, command);
    return { command, end: await world.end(command.replayId) };
  };

  it('dry-run - makes plan and report, and performs nothing', async () => {
    const { command, end } = await run();
    const { replayId } = command;
    expect(end).toMatchObject({ name: 'run.succeeded', data: { mode: 'dry_run', attempt: 1, records: 5, actionsTotal: 3 } });
    expect(world.eventsOf(replayId).map(({ name }) => name)).toEqual(['run.started', 'run.succeeded']);

    const { dryRun: facts } = await world.rpc.call(readDryRun, { replayId }, context);
    expect(facts).toMatchObject({
      state: 'succeeded',
      ...world.scope(),
      artifactId: command.artifactId,
      planDigest: end.data.planDigest,
      decisions: { 'http:triage': 'require_approval' },
    });
    expect(facts?.header).toMatchObject({
      actions: 3,
      alreadyDone: 2,
      capabilities: ['http:triage'],
      targets: [{ name: 'triage', revision: 1 }],
    });
    expect(planDigest(facts?.header as never)).toBe(end.data.planDigest);

    expect(world.tickets.seen).toEqual([]);
    expect(world.answers.calls).not.toContain('resolve');
  });

  it('read-run - pages the plan, refers to payloads and report, lists actions', async () => {
    const { command } = await run();
    const { replayId } = command;
    const first = await world.rpc.call(readPlanPage, { replayId, limit: 3 }, context);
    const rest = await world.rpc.call(readPlanPage, { replayId, limit: 3, cursor: first.nextCursor as string }, context);
    expect([...first.items, ...rest.items]).toEqual(await world.readPlan(replayId));
    expect(rest.nextCursor).toBeNull();

    const payload = await world.rpc.call(referPayload, { replayId, index: 3 }, context);
    const bytes = await (await world.objects.read(payload.key, payload.range)).toArray();
    expect(Buffer.concat(bytes).toString()).toBe('{"title":"Issue 4"}');
    expect(payload.mediaType).toBe('application/json');
    await expect(world.rpc.call(referPayload, { replayId, index: 5 }, context)).rejects.toMatchObject({ code: 'not_found' });

    const plan = await world.rpc.call(referPlan, { replayId }, context);
    expect(plan.actions).toMatchObject({ mediaType: 'application/x-ndjson' });
    for (const format of ['v1', 'audit_v1'] as const) {
      const { key, range, size } = await world.rpc.call(referReport, { replayId, format }, context);
      const bytes = Buffer.concat(await (await world.objects.read(key, range)).toArray());
      expect(bytes).toHaveLength(size);
      const report = JSON.parse(bytes.toString());
      const { id, specHash } = world.answers.version;
      expect(id).toBe(command.runVersionId);
      const { samples } = await world.reportOf(replayId);
      expect(report).toEqual(
        format === 'v1'
          ? expect.objectContaining({ actions: { done: 0, failed: 0, alreadyDone: 2, notStarted: 3 } })
          : {
              audit_v: 1,
              created_unix_ms: expect.any(Number),
              bundle_dir: command.artifactId,
              spec_sha256: specHash.slice('sha256:'.length),
              input: {
                journal_lane: 'webhooks',
                journal_path: 'journal.ndjson',
                last_n: null,
                scanned_records: 5,
                selected_bytes: expect.any(Number),
                sample_sha256: samples.map(({ sha256 }) => sha256.slice('sha256:'.length)),
              },
              policy: { env: 'prod', approval_provided: false, mode: 'dry_run' },
              actions: [
                {
                  action: 'http',
                  role: 'sink',
                  input_lane: 'webhooks',
                  output_lane: null,
                  stage: 'notify',
                  target: 'triage',
                  decision: 'require_approval',
                },
              ],
            },
      );
    }

    const actions = await world.rpc.call(listActions, { replayId }, context);
    expect(actions.items.map(({ state }) => state)).toEqual([
      'already_done',
      'already_done',
      'not_started',
      'not_started',
      'not_started',
    ]);
    const some = await world.rpc.call(listActions, { replayId, state: 'not_started', limit: 2 }, context);
    expect(some.items.map(({ index }) => index)).toEqual([2, 3]);
  });

  it('dry-run - another version reports what the recorded one would have done, and performs nothing', async () => {
    const recorded = world.dryRunCommand();
    const recordedSpec = parseSpec(world.answers.version.spec);
    const [notify] = recordedSpec.stages as ActionStage[];
    const action = { ...notify.action, path: "'/v2' + '/tickets'" };
    const spec = { ...recordedSpec, stages: [{ ...notify, action }] };
    const other = { ...world.answers.version, id: newId('version'), spec, specHash: specHash(parseSpec(spec)) };
    world.answers.versions.set(other.id, other);
    const { end } = await run({ ...recorded, runVersionId: other.id, runSpecHash: other.specHash });
    expect(end).toMatchObject({ name: 'run.succeeded', data: { actionsTotal: 3 } });
    const report = await world.reportOf(end.data.replayId);
    expect(report.recordedVersion).toMatchObject({
      specHash: recorded.specHash,
      stages: [{ id: 'notify', in: 5, out: 5, errors: 0 }],
      actions: { perform: 3, alreadyDone: 2 },
      divergences: { compared: 2, count: 0 },
      differences: {
        compared: 5,
        count: 5,
        first: { offset: 1, stage: 'notify', kind: 'address', recorded: 'POST /tickets', ran: 'POST /v2/tickets' },
      },
    });
    expect((await world.readPlan(end.data.replayId)).map(({ path }) => path)).toEqual(Array(5).fill('/v2/tickets'));
    expect(world.tickets.seen).toEqual([]);
  });

  it('dry-run - says what earlier replays have done of a plan that stays the same', async () => {
    const before = await run();
    const { replayId } = before.command;
    expect((await world.reportOf(replayId)).actions).toEqual({ done: 0, failed: 0, alreadyDone: 2, notStarted: 3 });
    const [first, second, third] = (await world.readPlan(replayId)).filter(({ disposition }) => disposition === 'perform');
    const states = [
      [first, 'done', world.environmentId] as const,
      [second, 'failed', world.environmentId] as const,
      [third, 'done', newId('environment')] as const,
    ];
    for (const [{ index, idempotencyKey }, state, environmentId] of states) {
      await world.query(
        `insert into runner.effect (replay_id, index, environment_id, idempotency_key, capability, state, run_attempt, attempts, idempotent)
         values ($1, $2, $3, $4, 'http:triage', $5, 1, 1, true)`,
        [replayId, index, environmentId, idempotencyKey, state],
      );
    }
    const after = await run();
    expect(after.end.data.planDigest).toBe(before.end.data.planDigest);
    const { actions } = await world.reportOf(after.command.replayId);
    expect(actions).toEqual({ done: 0, failed: 0, alreadyDone: 2, notStarted: 3, doneByEarlierReplays: 1 });
  });

  it('dry-run - a costly selection takes no lease from the runs beside it', async () => {
    const digits = '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]';
    const costly = ['a', 'b', 'c', 'd'].reduceRight((inner, name) => `${digits}.all(${name}, ${inner})`, 'offset >= 0');
    await world.capture({ records: 400 });
    const slow = { ...world.dryRunCommand(), selection: { where: costly } };
    await world.send(dryRun, slow);
    await eventually(() => expect(world.eventsOf(slow.replayId)).not.toEqual([]));
    const beside = await run();
    expect(beside.end).toMatchObject({ name: 'run.succeeded', data: { attempt: 1 } });
    expect(await world.end(slow.replayId, 50_000)).toMatchObject({
      name: 'run.succeeded',
      data: { attempt: 1, actionsTotal: 400 },
    });
  });

  it('dry-run - the same command twice is one run', async () => {
    const { command } = await run();
    await world.send(dryRun, command);
    const other = await run();
    expect(other.end.name).toBe('run.succeeded');
    expect(world.eventsOf(command.replayId).filter(({ name }) => name === 'run.succeeded')).toHaveLength(1);
  });

  it('dry-run - fails clearly when the environment lacks a target, or has one of another kind', async () => {
    const { target } = world.answers;
    world.answers.target = { ...target, kind: 'nats' };
    try {
      expect((await run()).end).toMatchObject({ name: 'run.failed', data: { codes: ['target_unknown'] } });
      world.answers.target = { ...target, name: 'another' };
      const { command, end } = await run();
      expect(end).toMatchObject({ name: 'run.failed', data: { codes: ['target_unknown'] } });
      await expect(world.rpc.call(referPlan, { replayId: command.replayId }, context)).rejects.toMatchObject({
        code: 'replay_not_planned',
      });
      const { dryRun: facts } = await world.rpc.call(readDryRun, { replayId: command.replayId }, context);
      expect(facts).toMatchObject({ state: 'failed' });
    } finally {
      world.answers.target = target;
    }
  });

  it('dry-run - fails when the stored evidence is not what was uploaded', async () => {
    const command = world.dryRunCommand();
    await world.objects.put(world.answers.source.blob.key, Buffer.from('something else'));
    const { end } = await run(command);
    expect(end).toMatchObject({ name: 'run.failed', data: { codes: ['digest_mismatch'] } });
  });

  it('dry-run - fails with the reason, whatever the evidence put into its words', async () => {
    await world.capture({ line: JSON.stringify({ offset: 9, at: '2026-11-01T12:00:00.000Z', body: 1, ['\0\ud800']: 1 }) });
    const { end } = await run();
    expect(end).toMatchObject({ name: 'run.failed', data: { codes: ['artifact_malformed'], attempt: 1 } });
    expect(end.data.detail).toContain('/\ufffd\ufffd is not known here');
  });

  it('dry-run - waits for a service that is away', async () => {
    world.answers.away.add('posture');
    const command = world.dryRunCommand();
    await world.send(dryRun, command);
    await eventually(() => expect(world.answers.calls.filter((call) => call === 'posture').length).toBeGreaterThan(2));
    world.answers.away.delete('posture');
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.succeeded' });
  });

  it('withdraw-run - before its command, it refuses the command', async () => {
    const command = world.dryRunCommand();
    await world.send(withdraw, { replayId: command.replayId, reason: 'cancel', mode: 'dry_run' });
    const said = { name: 'run.withdrawn', data: { mode: 'dry_run', codes: ['cancel'] } };
    expect(await world.end(command.replayId)).toMatchObject(said);
    await world.send(dryRun, command);
    await run();
    expect(world.eventsOf(command.replayId).map(({ name }) => name)).toEqual(['run.withdrawn']);
  });

  it('withdraw-run - ends a dry run that is under way', async () => {
    world.answers.away.add('posture');
    const command = world.dryRunCommand();
    await world.send(dryRun, command);
    await eventually(() => expect(world.eventsOf(command.replayId)).toHaveLength(1));
    await world.send(withdraw, { replayId: command.replayId, reason: 'cancel', mode: 'dry_run' });
    expect(await world.end(command.replayId)).toMatchObject({ name: 'run.cancelled', data: { mode: 'dry_run' } });
    world.answers.away.delete('posture');
  });

  it('read-run - a replay without a run has nothing to show', async () => {
    const replayId = newId('replay');
    expect(await world.rpc.call(readDryRun, { replayId }, context)).toEqual({ dryRun: null });
    await expect(world.rpc.call(readPlanPage, { replayId }, context)).rejects.toMatchObject({ code: 'replay_not_planned' });
  });

  it('read-run - what has no plan or report names the state of the replay, and whether there will be one', async () => {
    const replayId = newId('replay');
    world.answers.replayStates.set(replayId, 'rejected');
    const never = (wanted: string) => ({
      code: 'replay_not_planned',
      options: {
        detail: `It has ended (rejected) without a ${wanted}, and never will have one`,
        members: { state: 'rejected', allowed: expect.arrayContaining(['succeeded']) },
      },
    });
    await expect(world.rpc.call(readPlanPage, { replayId }, context)).rejects.toMatchObject(never('plan'));
    await expect(world.rpc.call(listActions, { replayId }, context)).rejects.toMatchObject(never('plan'));
    await expect(world.rpc.call(referReport, { replayId }, context)).rejects.toMatchObject(never('report'));
  });
});
