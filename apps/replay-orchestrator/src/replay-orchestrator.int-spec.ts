import { writeFileSync } from 'node:fs';
import {
  cancelReplay,
  canonicalSha256,
  confirmDispatch,
  dryRun as dryRunCommand,
  type Execute,
  execute,
  listReplays,
  locateResource,
  newId,
  newUuid,
  type Problem,
  type Replay,
  type RequestReplay,
  readCredential,
  readReplay,
  readReplayFacts,
  readVerdict,
  requestReplay,
  resolveReplay,
  runCancelled,
  runFailed,
  runIndeterminate,
  runProgressed,
  runRefused,
  runStarted,
  runSucceeded,
  runUnconfirmed,
  runWithdrawn,
  useRefused,
  useReserved,
  withdraw,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { eventually } from '@reenact/testing';
import { playAgain, saidBy } from './domain/recorded-history.fixture.js';
import { next } from './domain/replay.machine.js';
import type { ReplayRecord } from './domain/replay.js';
import type { ReplayMessage } from './domain/replay-message.js';
import { type Harness, hash, orchestratorHarness } from './replay-orchestrator.harness.js';
import { JournalStore } from './store/journal.store.js';

describe('replay-orchestrator', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await orchestratorHarness(2);
  });

  afterAll(async () => {
    await recordHistories(process.env.REENACT_RECORD_HISTORIES);
    await harness.close();
  });

  /** One history of each shape, for `domain/histories`: what this version did, later versions must do again. */
  async function recordHistories(directory: string | undefined): Promise<void> {
    if (directory === undefined) return;
    const journal = harness.replicas[0].app.get(JournalStore);
    const rows = await harness.work.query<{ id: string }>('select id from replay_orchestrator.replay order by id');
    for (const { id } of rows) {
      const lines = await journal.read(harness.work, id);
      const [first] = lines;
      const { mode } = (first.message as { replay: ReplayRecord }).replay;
      const shape = [mode, ...lines.map(({ message }) => message.type), (lines.at(-1) ?? first).state];
      const name = shape.join('-').replaceAll('_', '-');
      const recorded = [first, ...playAgain(lines).map(({ line, step }) => ({ ...line, said: saidBy(step) }))];
      writeFileSync(`${directory}/${name}.v2.json`, `${JSON.stringify(recorded, null, 2)}\n`);
    }
  }

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

  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'no problem',
      (error: Problem) => error.code,
    );
  const ask = (request: Partial<RequestReplay> & { artifactId: string }, by?: string) =>
    harness.call(requestReplay, { mode: 'dry_run', reason: 'See', ...request }, by);
  const fact = ({ id: replayId, mode }: Replay) => ({ replayId, mode, attempt: 1 });

  function executeOf(artifact = harness.neighbours.artifact(), change: Partial<RequestReplay> = {}): Promise<Replay> {
    const { neighbours } = harness;
    const dryRunId = neighbours.dryRun(artifact);
    return ask({ artifactId: artifact.id, mode: 'execute', dryRunId, approvalId: neighbours.approvalId, ...change });
  }

  async function dispatched(artifact = harness.neighbours.artifact()): Promise<Replay> {
    const replay = await executeOf(artifact);
    await harness.reaches(replay.id, 'reserving');
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: replay.id });
    return harness.reaches(replay.id, 'dispatching');
  }

  it('request-replay - a dry run is checked, dispatched, followed and ends with its plan', async () => {
    const replay = await ask({ artifactId: harness.neighbours.artifact().id, selection: { lastN: 5 } });
    expect(replay).toMatchObject({
      state: 'requested',
      mode: 'dry_run',
      include: 'undone',
      again: false,
      selection: { lastN: 5 },
    });
    expect(Date.parse(replay.startBy as string) - Date.parse(replay.createdAt)).toBeCloseTo(300_000, -2);
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
    await harness.tell(runStarted, fact(replay), 1);
    await harness.tell(runProgressed, { ...fact(replay), records: 7, recordsTotal: 10, actionsDone: 2, actionsTotal: 4 }, 3);
    await harness.tell(runProgressed, { ...fact(replay), records: 3, recordsTotal: 10 }, 2);
    await harness.reaches(replay.id, 'running');
    await harness.tell(runSucceeded, { ...fact(replay), planDigest: hash('c') }, 4);
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
    const replay = await dispatched();
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
    await harness.tell(runStarted, fact(replay), 1);
    await harness.tell(runSucceeded, fact(replay), 2);
    await harness.reaches(replay.id, 'succeeded');
    expect(await confirm(canonicalSha256(command))).toEqual({ confirmed: false });
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute']);
  });

  it('request-replay - says every reason at once, and what to do', async () => {
    const { neighbours } = harness;
    neighbours.agentState = 'disabled';
    neighbours.versionKnown = false;
    const { id } = await ask({ artifactId: neighbours.artifact().id, mode: 'execute' });
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
    const dry = await ask({ artifactId: artifact.id, selection, include: 'all', again: true });
    neighbours.dryRun(artifact, dry.id);
    const replay = await ask({ artifactId: artifact.id, mode: 'execute', dryRunId: dry.id });
    expect(replay).toMatchObject({ selection, include: 'all', again: true, dryRunId: dry.id });
  });

  it('request-replay - runs without a dry run where posture needs none, pinning what the spec names', async () => {
    const { neighbours } = harness;
    neighbours.posture.replay.execute = 'allow';
    neighbours.posture.requireDryRun = false;
    const { id } = await ask({ artifactId: neighbours.artifact().id, mode: 'execute' });
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
  ])('request-replay - refuses %s', async (_what, change, path) => {
    const problem = await ask({ artifactId: harness.neighbours.artifact().id, ...change }).catch((error: Problem) => error);
    expect(problem).toMatchObject({ code: 'validation_failed', options: { errors: [{ path }] } });
  });

  it('request-replay - the same Idempotency-Key makes one replay', async () => {
    const artifactId = harness.neighbours.artifact().id;
    const idempotency = { caller: harness.neighbours.user, route: 'POST replays', key: newUuid(), requestHash: hash('e') };
    const answers = [await ask({ artifactId, idempotency }), await ask({ artifactId, idempotency })];
    expect(answers[1]).toEqual(answers[0]);
    expect(await codeOf(ask({ artifactId, idempotency: { ...idempotency, requestHash: hash('f') } }))).toBe(
      'idempotency_key_reused',
    );
  });

  it('check-replays - waits for a service that does not answer, and rejects nothing for that', async () => {
    const { neighbours } = harness;
    neighbours.away.add(readReplayFacts.subject).add(readCredential.subject);
    const { id } = await executeOf();
    await harness.reaches(id, 'checking');
    neighbours.away.delete(readReplayFacts.subject);
    await eventually(async () => {
      const [row] = await harness.work.query<{ tries: number }>('select tries from replay_orchestrator.replay where id = $1', [
        id,
      ]);
      expect(row.tries).toBeGreaterThan(1);
    });
    expect((await harness.call(readReplay, { replayId: id })).state).toBe('checking');
    neighbours.away.clear();
    await harness.reaches(id, 'reserving');
  });

  it('end-late-replays - what cannot be checked in time expires', async () => {
    harness.neighbours.away.add(readReplayFacts.subject);
    const { id } = await executeOf(undefined, { startBy: new Date(Date.now() + 1_000).toISOString() });
    const { checks } = await harness.reaches(id, 'expired');
    expect(checks.every(({ outcome }) => outcome === 'not_evaluated')).toBe(true);
  });

  it('end-late-replays - what was dispatched is withdrawn, and only the runner ends it', async () => {
    const replay = await executeOf(undefined, { startBy: new Date(Date.now() + 1_500).toISOString() });
    await harness.reaches(replay.id, 'reserving');
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: replay.id });
    await harness.reaches(replay.id, 'dispatching');
    await eventually(async () =>
      expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']),
    );
    expect((await harness.call(readReplay, { replayId: replay.id })).state).toBe('dispatching');
    await harness.tell(runWithdrawn, { ...fact(replay), codes: ['start_by'] });
    await harness.reaches(replay.id, 'expired');
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw', 'use.release']);
  });

  it('follow-use - a refused reserve rejects', async () => {
    const { id } = await executeOf();
    await harness.reaches(id, 'reserving');
    await harness.tell(useRefused, { approvalId: harness.neighbours.approvalId, replayId: id, code: 'approval_revoked' });
    const { rejection, checks } = await harness.reaches(id, 'rejected');
    expect(rejection?.codes).toEqual(['approval_revoked']);
    expect(checks.find(({ name }) => name === 'approval')).toMatchObject({ outcome: 'failed', code: 'approval_revoked' });
  });

  it('follow-use - an answer that comes to an ended replay lets go again', async () => {
    const { id } = await executeOf();
    await harness.reaches(id, 'reserving');
    expect(await harness.call(cancelReplay, { replayId: id, reason: 'No' })).toMatchObject({ state: 'cancelled' });
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: id });
    await eventually(async () => expect(await harness.said(id, 'cmd')).toEqual(['use.reserve', 'use.release', 'use.release']));
    expect((await harness.call(readReplay, { replayId: id })).state).toBe('cancelled');
  });

  it('advance-replays - an environment has so many slots, freed on every end', async () => {
    const artifact = harness.neighbours.artifact();
    const first = await dispatched(artifact);
    const second = await executeOf(artifact);
    await harness.reaches(second.id, 'reserving');
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: second.id });
    const busy = await harness.reaches(second.id, 'rejected');
    expect(busy.rejection?.codes).toEqual(['environment_busy']);
    const { environmentId } = second;
    expect(busy.checks.at(-1)).toMatchObject({
      name: 'start',
      outcome: 'failed',
      code: 'environment_busy',
      evidence: { environmentId, slotsTaken: 1, maxConcurrentExecutes: 1 },
    });
    expect(await harness.said(second.id, 'cmd')).toEqual(['use.reserve', 'use.release']);
    await harness.tell(runRefused, { ...fact(first), codes: ['posture_changed'], detail: 'The posture has revision 8' });
    expect(await harness.reaches(first.id, 'rejected')).toMatchObject({
      rejection: { codes: ['posture_changed'], detail: 'The posture has revision 8' },
    });
    await dispatched(artifact);
  });

  it('advance-replays - a slot is taken once, however many ask at the same moment', async () => {
    const artifact = harness.neighbours.artifact();
    const replays = await Promise.all(Array.from({ length: 8 }, () => executeOf(artifact)));
    await Promise.all(replays.map(({ id }) => harness.reaches(id, 'reserving')));
    const { approvalId } = harness.neighbours;
    await Promise.all(replays.map(({ id: replayId }) => harness.tell(useReserved, { approvalId, replayId })));
    await eventually(async () => {
      const states = await Promise.all(replays.map(async ({ id }) => (await harness.call(readReplay, { replayId: id })).state));
      expect(states.filter((state) => state === 'rejected')).toHaveLength(7);
      expect(states.filter((state) => state === 'dispatching')).toHaveLength(1);
    });
  });

  it('cancel-replay - asks the runner once it is out, and not twice', async () => {
    const replay = await dispatched();
    for (let n = 0; n < 2; n += 1) {
      expect(await harness.call(cancelReplay, { replayId: replay.id, reason: 'No' })).toMatchObject({ state: 'dispatching' });
    }
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']);
    await harness.tell(runWithdrawn, { ...fact(replay), codes: ['cancel'] });
    await harness.reaches(replay.id, 'cancelled');
    const problem = await harness.call(cancelReplay, { replayId: replay.id }).catch((error: Problem) => error);
    expect(problem).toMatchObject({ code: 'replay_ended', options: { members: { state: 'cancelled' } } });
    expect(await codeOf(harness.call(cancelReplay, { replayId: newId('replay') }))).toBe('not_found');
  });

  it('cancel-replay - a withdraw says what its replay is, since it may come before the command', async () => {
    const replay = await ask({ artifactId: harness.neighbours.artifact().id });
    await harness.reaches(replay.id, 'dispatching');
    await harness.call(cancelReplay, { replayId: replay.id });
    const command = await harness.commandOf(replay.id, withdraw.type);
    expect(command).toEqual({ replayId: replay.id, reason: 'cancel', mode: 'dry_run' });
    await harness.tell(runWithdrawn, { ...fact(replay), codes: ['cancel'] });
    await harness.reaches(replay.id, 'cancelled');
  });

  it('cancel-replay - a run that is under way ends when the runner has stopped it', async () => {
    const replay = await dispatched();
    await harness.tell(runStarted, fact(replay), 1);
    await harness.reaches(replay.id, 'running');
    expect(await harness.call(cancelReplay, { replayId: replay.id, reason: 'No' })).toMatchObject({ state: 'running' });
    await harness.tell(runCancelled, { ...fact(replay), codes: ['cancel'] }, 2);
    await harness.reaches(replay.id, 'cancelled');
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']);
  });

  it('resolve-replay - once, and only what is indeterminate', async () => {
    const replay = await dispatched();
    const resolve = () => harness.call(resolveReplay, { replayId: replay.id, outcome: 'performed', reason: 'Looked' });
    expect(await codeOf(resolve())).toBe('replay_not_indeterminate');
    await harness.tell(runIndeterminate, { ...fact(replay), codes: ['action_indeterminate'], detail: 'Action 3 has no end' });
    expect(await harness.reaches(replay.id, 'indeterminate')).toMatchObject({ failure: { detail: 'Action 3 has no end' } });
    expect(await resolve()).toMatchObject({ state: 'indeterminate', resolution: { outcome: 'performed' } });
    expect(await codeOf(resolve())).toBe('replay_not_indeterminate');
  });

  it('follow-run - any message twice changes nothing more, and a history plays again to the same end', async () => {
    const replay = await dispatched();
    const id = newUuid();
    for (let n = 0; n < 3; n += 1) await harness.tell(runStarted, fact(replay), 1, id);
    for (let n = 0; n < 3; n += 1) await harness.tell(runFailed, { ...fact(replay), codes: ['action_failed'] }, 2);
    await harness.reaches(replay.id, 'failed');
    const lines = await harness.replicas[0].app.get(JournalStore).read(harness.work, replay.id);
    const [{ message: first }, ...rest] = lines;
    let record = (first as { replay: ReplayRecord }).replay;
    for (const { message, state, version } of rest) {
      record = next(record, message as ReplayMessage).replay;
      expect(record).toMatchObject({ state, version });
    }
    const [stored] = await harness.work.query<{ body: ReplayRecord }>(
      'select body from replay_orchestrator.replay where id = $1',
      [replay.id],
    );
    expect(JSON.parse(JSON.stringify(record))).toEqual(stored.body);
    expect(await harness.said(replay.id, 'evt')).toHaveLength(6);
  });

  it('follow-run - a command that nobody stood by leaves the replay waiting for its true one', async () => {
    const replay = await dispatched();
    await harness.tell(runUnconfirmed, { ...fact(replay), codes: ['plan_mismatch'] }, 1);
    await harness.tell(runStarted, fact(replay), 2);
    await harness.reaches(replay.id, 'running');
    const entered = ['requested', 'checking', 'reserving', 'dispatching', 'running'].map((state) => `replay.${state}`);
    expect(await harness.said(replay.id, 'evt')).toEqual(entered);
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute']);
  });

  it('follow-run - a run of another mode moves nothing, whatever it says', async () => {
    const replay = await dispatched();
    const forged = { ...fact(replay), mode: 'dry_run' as const };
    await harness.tell(runStarted, { ...forged, records: 9, actionsDone: 9 }, 1);
    await harness.tell(runSucceeded, forged, 2);
    await harness.tell(runStarted, fact(replay), 1);
    expect(await harness.reaches(replay.id, 'running')).not.toHaveProperty('progress');
    const entered = ['requested', 'checking', 'reserving', 'dispatching', 'running'].map((state) => `replay.${state}`);
    expect(await harness.said(replay.id, 'evt')).toEqual(entered);
  });

  it('advance-replays - all that a replay says is part of the trace of its request', async () => {
    const { neighbours } = harness;
    const artifact = neighbours.artifact();
    const [dryRunId, { approvalId, user: id }] = [neighbours.dryRun(artifact), neighbours];
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const request = { artifactId: artifact.id, mode: 'execute' as const, reason: 'See', dryRunId, approvalId };
    const context = { actor: { kind: 'user' as const, id }, correlationId: 'test', traceparent };
    const replay = await harness.replicas[0].app.get(RpcClient).call(requestReplay, request, context);
    expect(replay).not.toHaveProperty('traceparent');
    await harness.reaches(replay.id, 'reserving');
    await harness.tell(useReserved, { approvalId, replayId: replay.id });
    await harness.reaches(replay.id, 'dispatching');
    const said = await harness.work.query(
      `select headers->>'traceparent' as trace, count(*) from replay_orchestrator.outbox
       where headers->>'ce-correlationid' = $1 group by 1`,
      [replay.id],
    );
    expect(said).toEqual([{ trace: traceparent, count: 6 }]);
  });

  it('list-replays - pages newest first and filters', async () => {
    const { orgId } = harness.neighbours;
    const artifact = harness.neighbours.artifact();
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.push((await ask({ artifactId: artifact.id })).id);
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await harness.call(listReplays, { orgId, artifactId: artifact.id, limit: 2, ...(cursor && { cursor }) });
      found.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(found).toEqual([...made].reverse());
    expect((await harness.call(listReplays, { orgId, projectIds: [newId('project')] })).items).toEqual([]);
    const { scope } = await harness.call(locateResource['replay-orchestrator'], { id: made[0] });
    expect(scope).toEqual({ id: made[0], orgId, projectId: artifact.projectId, environmentId: artifact.environmentId });
  });

  it('request-replay - only people ask', async () => {
    expect(await codeOf(ask({ artifactId: harness.neighbours.artifact().id }, 'replay-orchestrator'))).toBe('forbidden');
  });

  it('survives - a broker that is away for a while delays and loses nothing', async () => {
    const replay = await dispatched();
    await harness.nats.stop();
    await harness.nats.start();
    await eventually(() => harness.tell(runStarted, fact(replay), 1), { timeoutMs: 20_000 });
    await eventually(async () => expect((await harness.call(readReplay, { replayId: replay.id })).state).toBe('running'), {
      timeoutMs: 20_000,
    });
  });
});
