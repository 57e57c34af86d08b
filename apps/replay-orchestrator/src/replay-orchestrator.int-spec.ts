import {
  cancelReplay,
  type ExecutionState,
  listReplays,
  locateResource,
  newId,
  newUuid,
  type Problem,
  readCredential,
  readReplay,
  readReplayFacts,
  readVerdict,
  requestReplay,
  resolveReplay,
  runCancelled,
  runFailed,
  runIndeterminate,
  runRefused,
  runStarted,
  runSucceeded,
  runUnconfirmed,
  runWithdrawn,
  type SwitchSet,
  switchSet,
  useRefused,
  useReserved,
  withdraw,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { eventually } from '@reenact/testing';
import { next } from './domain/replay.machine.js';
import type { ReplayRecord } from './domain/replay.js';
import type { ReplayMessage } from './domain/replay-message.js';
import { JournalStore } from './store/journal.store.js';
import { type Harness, orchestratorHarness } from './replay-orchestrator.harness.js';
import { codeOf, recordHistories, Requests, runOf } from './requests.harness.js';

/** Tests tell of replays; this is of an environment. */
type SetOf = SwitchSet & { replayId: string };

describe('replay-orchestrator', () => {
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

  it('check-replays - waits for a service that does not answer, and rejects nothing for that', async () => {
    const { neighbours } = harness;
    neighbours.away.add(readReplayFacts.subject).add(readCredential.subject);
    const { id } = await requests.execute();
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

  it('check-replays - a dry run of another environment is unknown, and nothing of its plan is told', async () => {
    const { neighbours } = harness;
    const dryRunId = neighbours.dryRun(neighbours.artifact());
    const { id } = await requests.execute(undefined, { dryRunId });
    const { rejection, checks } = await harness.reaches(id, 'rejected');
    expect(rejection?.codes).toEqual(['dry_run_missing']);
    expect(checks.find(({ name }) => name === 'capabilities')).toMatchObject({ outcome: 'not_evaluated', evidence: {} });
    expect(JSON.stringify(checks)).not.toContain('http:triage');
  });

  it('end-late-replays - what cannot be checked in time expires', async () => {
    harness.neighbours.away.add(readReplayFacts.subject);
    const { id } = await requests.execute(undefined, { startBy: new Date(Date.now() + 1_000).toISOString() });
    const { checks } = await harness.reaches(id, 'expired');
    expect(checks.every(({ outcome }) => outcome === 'not_evaluated')).toBe(true);
  });

  it('end-late-replays - what was dispatched is withdrawn, and only the runner ends it', async () => {
    const replay = await requests.execute(undefined, { startBy: new Date(Date.now() + 1_500).toISOString() });
    await harness.reaches(replay.id, 'reserving');
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: replay.id });
    await harness.reaches(replay.id, 'dispatching');
    await eventually(async () =>
      expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']),
    );
    expect((await harness.call(readReplay, { replayId: replay.id })).state).toBe('dispatching');
    await harness.tell(runWithdrawn, { ...runOf(replay), codes: ['start_by'] });
    await harness.reaches(replay.id, 'expired');
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw', 'use.release']);
  });

  it('follow-use - a refused reserve rejects', async () => {
    const { id } = await requests.execute();
    await harness.reaches(id, 'reserving');
    await harness.tell(useRefused, { approvalId: harness.neighbours.approvalId, replayId: id, code: 'approval_revoked' });
    const { rejection, checks } = await harness.reaches(id, 'rejected');
    expect(rejection?.codes).toEqual(['approval_revoked']);
    expect(checks.find(({ name }) => name === 'approval')).toMatchObject({ outcome: 'failed', code: 'approval_revoked' });
  });

  it('follow-use - an answer that comes to an ended replay lets go again', async () => {
    const { id } = await requests.execute();
    await harness.reaches(id, 'reserving');
    expect(await harness.call(cancelReplay, { replayId: id, reason: 'No' })).toMatchObject({ state: 'cancelled' });
    await harness.tell(useReserved, { approvalId: harness.neighbours.approvalId, replayId: id });
    await eventually(async () => expect(await harness.said(id, 'cmd')).toEqual(['use.reserve', 'use.release', 'use.release']));
    expect((await harness.call(readReplay, { replayId: id })).state).toBe('cancelled');
  });

  it('advance-replays - an environment has so many slots, freed on every end', async () => {
    const artifact = harness.neighbours.artifact();
    const first = await requests.dispatched(artifact);
    const second = await requests.execute(artifact);
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
    await harness.tell(runRefused, { ...runOf(first), codes: ['posture_changed'], detail: 'The posture has revision 8' });
    expect(await harness.reaches(first.id, 'rejected')).toMatchObject({
      rejection: { codes: ['posture_changed'], detail: 'The posture has revision 8' },
    });
    await requests.dispatched(artifact);
  });

  it('advance-replays - a slot is taken once, however many ask at the same moment', async () => {
    const artifact = harness.neighbours.artifact();
    const replays = await Promise.all(Array.from({ length: 8 }, () => requests.execute(artifact)));
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
    const replay = await requests.dispatched();
    const cancellation = { requestedBy: { kind: 'user', id: harness.neighbours.user }, reason: 'No', at: expect.any(String) };
    for (const reason of ['No', 'Not again']) {
      const answer = await harness.call(cancelReplay, { replayId: replay.id, reason });
      expect(answer).toMatchObject({ state: 'dispatching', cancellation });
    }
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']);
    await harness.tell(runWithdrawn, { ...runOf(replay), codes: ['cancel'] });
    expect(await harness.reaches(replay.id, 'cancelled')).toMatchObject({ cancellation });
    const problem = await harness.call(cancelReplay, { replayId: replay.id }).catch((error: Problem) => error);
    expect(problem).toMatchObject({ code: 'replay_ended', options: { members: { state: 'cancelled' } } });
    expect(await codeOf(harness.call(cancelReplay, { replayId: newId('replay') }))).toBe('not_found');
  });

  it('cancel-replay - a withdraw says what its replay is, since it may come before the command', async () => {
    const replay = await requests.ask({ artifactId: harness.neighbours.artifact().id });
    await harness.reaches(replay.id, 'dispatching');
    await harness.call(cancelReplay, { replayId: replay.id });
    const command = await harness.commandOf(replay.id, withdraw.type);
    expect(command).toEqual({ replayId: replay.id, reason: 'cancel', mode: 'dry_run' });
    await harness.tell(runWithdrawn, { ...runOf(replay), codes: ['cancel'] });
    await harness.reaches(replay.id, 'cancelled');
  });

  it('cancel-replay - a run that is under way ends when the runner has stopped it', async () => {
    const replay = await requests.dispatched();
    await harness.tell(runStarted, runOf(replay), 1);
    await harness.reaches(replay.id, 'running');
    expect(await harness.call(cancelReplay, { replayId: replay.id, reason: 'No' })).toMatchObject({ state: 'running' });
    await harness.tell(runCancelled, { ...runOf(replay), codes: ['cancel'] }, 2);
    await harness.reaches(replay.id, 'cancelled');
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute', 'run.withdraw']);
  });

  it('follow-run - a run that was stopped with its environment says who stopped it', async () => {
    const replay = await requests.dispatched();
    const detail = 'Olivia stopped the execution of the environment: The ticket system is down.';
    await harness.tell(runCancelled, { ...runOf(replay), codes: ['stopped'], detail }, 2);
    expect(await harness.reaches(replay.id, 'cancelled')).toMatchObject({ cancellation: { detail } });
  });

  it('follow-switch - a replay says that its environment is paused, and why it expired', async () => {
    const replay = await requests.dispatched();
    const { environmentId } = replay;
    const set = (version: number, before: ExecutionState, after: ExecutionState) =>
      harness.tell(switchSet, { environmentId, replayId: environmentId, before, after, reason: 'It is down' } as SetOf, version);
    const read = () => harness.call(readReplay, { replayId: replay.id });
    await set(2, 'running', 'paused');
    const waitingFor = { execution: 'paused', reason: 'It is down', by: { kind: 'service', id: 'runner' } };
    await eventually(async () => expect(await read()).toMatchObject({ waitingFor }));
    expect((await harness.call(readVerdict, { replayId: replay.id })).checks.at(-1)).toMatchObject({ evidence: { waitingFor } });
    const { items } = await harness.call(listReplays, { orgId: replay.orgId, environmentId });
    expect(items).toMatchObject([{ id: replay.id, waitingFor }]);
    await set(1, 'running', 'stopped');
    await set(3, 'paused', 'running');
    await eventually(async () => expect(await read()).not.toHaveProperty('waitingFor'));
    await harness.tell(runWithdrawn, { ...runOf(replay), codes: ['start_by'], detail: 'Olivia paused it.' });
    const { expiry, checks } = await harness.reaches(replay.id, 'expired');
    expect(expiry?.detail).toBe('No runner started it before its start-by: Olivia paused it.');
    expect(checks.at(-1)).toMatchObject({ name: 'start', outcome: 'not_evaluated', evidence: { detail: expiry?.detail } });
  });

  it('resolve-replay - once, and only what is indeterminate', async () => {
    const replay = await requests.dispatched();
    const resolve = () => harness.call(resolveReplay, { replayId: replay.id, outcome: 'performed', reason: 'Looked' });
    expect(await codeOf(resolve())).toBe('replay_not_indeterminate');
    await harness.tell(runIndeterminate, { ...runOf(replay), codes: ['action_indeterminate'], detail: 'Action 3 has no end' });
    expect(await harness.reaches(replay.id, 'indeterminate')).toMatchObject({ failure: { detail: 'Action 3 has no end' } });
    const cancel = () =>
      harness.call(cancelReplay, { replayId: replay.id }).catch(({ code, options }: Problem) => ({ code, options }));
    expect(await cancel()).toMatchObject({
      code: 'replay_ended',
      options: { remedy: expect.stringContaining('resolves the replay') },
    });
    expect(await resolve()).toMatchObject({ state: 'indeterminate', resolution: { outcome: 'performed' } });
    await expect(resolve()).rejects.toMatchObject({
      code: 'replay_not_indeterminate',
      options: {
        detail: `It was resolved already, as performed, by ${harness.neighbours.user}`,
        members: { state: 'indeterminate', resolution: { outcome: 'performed', reason: 'Looked' } },
      },
    });
    expect(await cancel()).toMatchObject({ code: 'replay_ended', options: { remedy: undefined } });
  });

  it('follow-run - any message twice changes nothing more, and a history plays again to the same end', async () => {
    const replay = await requests.dispatched();
    const id = newUuid();
    for (let n = 0; n < 3; n += 1) await harness.tell(runStarted, runOf(replay), 1, id);
    for (let n = 0; n < 3; n += 1) await harness.tell(runFailed, { ...runOf(replay), codes: ['action_failed'] }, 2);
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
    const replay = await requests.dispatched();
    await harness.tell(runUnconfirmed, { ...runOf(replay), codes: ['plan_mismatch'] }, 1);
    await harness.tell(runStarted, runOf(replay), 2);
    await harness.reaches(replay.id, 'running');
    const entered = ['requested', 'checking', 'reserving', 'dispatching', 'running'].map((state) => `replay.${state}`);
    expect(await harness.said(replay.id, 'evt')).toEqual(entered);
    expect(await harness.said(replay.id, 'cmd')).toEqual(['use.reserve', 'run.execute']);
  });

  it('follow-run - a run of another mode moves nothing, whatever it says', async () => {
    const replay = await requests.dispatched();
    const forged = { ...runOf(replay), mode: 'dry_run' as const };
    await harness.tell(runStarted, { ...forged, records: 9, actionsDone: 9 }, 1);
    await harness.tell(runSucceeded, forged, 2);
    await harness.tell(runStarted, runOf(replay), 1);
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
    for (let n = 0; n < 5; n += 1) made.push((await requests.ask({ artifactId: artifact.id })).id);
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

  it('survives - a broker that is away for a while delays and loses nothing', async () => {
    const replay = await requests.dispatched();
    await harness.nats.stop();
    await harness.nats.start();
    await eventually(() => harness.tell(runStarted, runOf(replay), 1), { timeoutMs: 20_000 });
    await eventually(async () => expect((await harness.call(readReplay, { replayId: replay.id })).state).toBe('running'), {
      timeoutMs: 20_000,
    });
  });
});
