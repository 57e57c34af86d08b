import {
  canonicalSha256,
  confirmDispatch,
  dryRun as dryRunCommand,
  type Execute,
  execute,
  newId,
  newUuid,
  type Problem,
  type RequestReplay,
  readVerdict,
  runProgressed,
  runStarted,
  runSucceeded,
} from '@reenact/contracts';
import { type Harness, hash, orchestratorHarness } from '../replay-orchestrator.harness.js';
import { codeOf, recordHistories, Requests, runOf } from '../requests.harness.js';

describe('request-replay', () => {
  let harness: Harness;
  const requests = new Requests(() => harness);

  beforeAll(async () => {
    harness = await orchestratorHarness(2);
  });

  afterAll(async () => {
    await recordHistories(harness);
    await harness.close();
  });

  beforeEach(() => {
    const { neighbours } = harness;
    neighbours.away.clear();
    neighbours.approval = [];
    neighbours.versionKnown = true;
    neighbours.agentState = 'active';
    neighbours.posture.replay.execute = 'require_approval';
    neighbours.posture.requireDryRun = true;
    neighbours.posture.maxConcurrentExecutes = 1;
  });

  it('request-replay - a dry run is checked, dispatched, followed and ends with its plan', async () => {
    const replay = await requests.ask({ artifactId: harness.neighbours.artifact().id, selection: { lastN: 5 } });
    expect(replay).toMatchObject({
      state: 'requested',
      mode: 'dry_run',
      include: 'undone',
      again: false,
      selection: { lastN: 5 },
    });
    const patience = Date.parse(replay.startBy as string) - Date.parse(replay.createdAt);
    expect(patience > 240_000 && patience <= 300_000).toBe(true);
    const out = await harness.reaches(replay.id, 'dispatching');
    expect(out.checks.map(({ name, outcome }) => `${name} ${outcome}`)).toEqual([
      'environment passed',
      'posture passed',
      'version passed',
      'capabilities not_needed',
      'dry_run not_needed',
      'approval not_needed',
      'start pending',
    ]);
    expect(await harness.commandOf(replay.id, dryRunCommand.type)).toMatchObject({
      replayId: replay.id,
      artifactSha256: hash('a'),
      specHash: hash('b'),
      runVersionId: harness.neighbours.version.id,
      pipeline: 'issue-triage',
      selection: { lastN: 5 },
    });
    await harness.tell(runStarted, runOf(replay), 1);
    await harness.tell(runProgressed, { ...runOf(replay), records: 7, recordsTotal: 10, actionsDone: 2, actionsTotal: 4 }, 3);
    await harness.tell(runProgressed, { ...runOf(replay), records: 3, recordsTotal: 10 }, 2);
    await harness.reaches(replay.id, 'running');
    await harness.tell(runSucceeded, { ...runOf(replay), planDigest: hash('c') }, 4);
    const end = await harness.reaches(replay.id, 'succeeded');
    expect(end).toMatchObject({
      planDigest: hash('c'),
      attempt: 1,
      progress: { records: 7, recordsTotal: 10, actions: 2, actionsTotal: 4 },
    });
    expect(end.startedAt && end.endedAt).toBeTruthy();
    expect(await harness.said(replay.id, 'evt')).toEqual([
      'replay.requested',
      'replay.checking',
      'replay.dispatching',
      'replay.running',
      'replay.succeeded',
    ]);
    expect(await harness.call(readVerdict, { replayId: replay.id })).toMatchObject({ final: true, state: 'succeeded' });
  });

  it('request-replay - an execute reserves, dispatches what was approved, and can be confirmed', async () => {
    const { neighbours } = harness;
    const replay = await requests.dispatched();
    const command = await harness.commandOf<Execute>(replay.id, execute.type);
    expect(command).toMatchObject({
      planDigest: hash('c'),
      targets: [neighbours.target],
      postureRevision: 7,
      requesterId: neighbours.user,
      approvalId: neighbours.approvalId,
      credential: { payloadType: 't' },
      startBy: replay.startBy,
    });
    const confirm = (commandDigest: string, scopeDigest?: string) =>
      harness.call(confirmDispatch, { replayId: replay.id, commandDigest, ...(scopeDigest !== undefined && { scopeDigest }) });
    expect(await confirm(canonicalSha256(command))).toEqual({ confirmed: true });
    expect(await confirm(canonicalSha256({ ...command, planDigest: hash('f') }))).toEqual({ confirmed: false });
    const { orgId, projectId, environmentId } = replay;
    const at = (scope: object) => confirm(canonicalSha256(command), canonicalSha256(scope));
    expect(await at({ orgId, projectId, environmentId })).toEqual({ confirmed: true });
    expect(await at({ orgId, projectId, environmentId: newId('environment') })).toEqual({ confirmed: false });
    expect(await at({ orgId })).toEqual({ confirmed: false });
    await harness.tell(runStarted, runOf(replay), 1);
    await harness.tell(runSucceeded, runOf(replay), 2);
    await harness.reaches(replay.id, 'succeeded');
    expect(await confirm(canonicalSha256(command))).toEqual({ confirmed: false });
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute']);
  });

  it('request-replay - says every reason at once, and what to do', async () => {
    const { neighbours } = harness;
    neighbours.agentState = 'disabled';
    neighbours.versionKnown = false;
    const { id } = await requests.ask({ artifactId: neighbours.artifact().id, mode: 'execute' });
    const { rejection, checks } = await harness.reaches(id, 'rejected');
    expect(rejection?.codes).toEqual(['agent_disabled', 'spec_hash_unresolved', 'dry_run_missing', 'approval_missing']);
    expect(rejection).toMatchObject({ code: 'agent_disabled', remedy: expect.stringContaining('registers the version') });
    expect(checks).toHaveLength(6);
    expect(await harness.said(id, 'cmd')).toEqual([]);
  });

  it('request-replay - takes over what its dry run was about', async () => {
    const { neighbours } = harness;
    const artifact = neighbours.artifact();
    const selection = { fromOffset: 3, toOffset: 9 };
    const dry = await requests.ask({ artifactId: artifact.id, selection, include: 'all', again: true });
    neighbours.dryRun(artifact, dry.id);
    const replay = await requests.ask({ artifactId: artifact.id, mode: 'execute', dryRunId: dry.id });
    expect(replay).toMatchObject({ selection, include: 'all', again: true, dryRunId: dry.id });
  });

  it('request-replay - runs without a dry run where posture needs none, pinning what the spec names', async () => {
    const { neighbours } = harness;
    neighbours.posture.replay.execute = 'allow';
    neighbours.posture.requireDryRun = false;
    const { id } = await requests.ask({ artifactId: neighbours.artifact().id, mode: 'execute' });
    await harness.reaches(id, 'dispatching');
    const command = await harness.commandOf<Execute>(id, execute.type);
    expect(command).toMatchObject({ targets: [neighbours.target] });
    expect(command).not.toHaveProperty('planDigest');
    expect(command).not.toHaveProperty('approvalId');
  });

  it.each<[string, Partial<RequestReplay>, string]>([
    ['an unknown artifact', { artifactId: newId('artifact') }, '/artifactId'],
    ['a selection beside a dry run', { mode: 'execute', dryRunId: newId('replay'), selection: {} }, '/selection'],
    ['a dry run of a dry run', { dryRunId: newId('replay') }, '/dryRunId'],
    ['a start too far away', { startBy: new Date(Date.now() + 3_700_000).toISOString() }, '/startBy'],
    ['a start in the past', { startBy: '2026-01-01T00:00:00Z' }, '/startBy'],
    ['a condition that is not CEL', { selection: { where: 'body.(' } }, '/selection/where'],
    ['a condition that gives a number', { selection: { where: '1+1' } }, '/selection/where'],
    ['a condition with a pattern that is none', { selection: { where: "key.matches('(')" } }, '/selection/where'],
  ])('request-replay - refuses %s', async (_what, change, path) => {
    const problem = await requests
      .ask({ artifactId: harness.neighbours.artifact().id, ...change })
      .catch((error: Problem) => error);
    expect(problem).toMatchObject({ code: 'validation_failed', options: { errors: [{ path }] } });
  });

  it('request-replay - the same Idempotency-Key makes one replay', async () => {
    const artifactId = harness.neighbours.artifact().id;
    const idempotency = { caller: harness.neighbours.user, route: 'POST replays', key: newUuid(), requestHash: hash('e') };
    const answers = [await requests.ask({ artifactId, idempotency }), await requests.ask({ artifactId, idempotency })];
    expect(answers[1]).toEqual(answers[0]);
    // By then its start-by may lie in the past.
    expect(await requests.ask({ artifactId, idempotency, startBy: '2026-01-01T00:00:00.000Z' })).toEqual(answers[0]);
    expect(await codeOf(requests.ask({ artifactId, idempotency: { ...idempotency, requestHash: hash('f') } }))).toBe(
      'idempotency_key_reused',
    );
  });

  it('request-replay - only people ask', async () => {
    expect(await codeOf(requests.ask({ artifactId: harness.neighbours.artifact().id }, 'replay-orchestrator'))).toBe('forbidden');
  });
});
