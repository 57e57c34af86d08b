import { setTimeout as delay } from 'node:timers/promises';
import { type Artifact, newUuid, type Page, type Replay } from '@reenact/contracts';
import { Installation, type ProcessName } from './harness/installation.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { Wish, World } from './harness/world.js';

const OUTAGE_MS = 5_000;
const RECORDS = 6;
const DONE = 2;
const EXECUTED = ['requested', 'checking', 'reserving', 'dispatching', 'running', 'succeeded'];
const DRY_RUN = ['requested', 'checking', 'dispatching', 'running', 'succeeded'];

let installation: Installation;
let world: World;
let target: RecordingTarget;
let agent: SampleAgent;

const spec = ticketPipeline('orders');
const onceOnly = ticketPipeline('orders-once', { idempotent: false });

beforeAll(async () => {
  target = await RecordingTarget.start();
  // Short, so that a take-over does not have to wait long for those who died.
  installation = await Installation.start({ REENACT_RUNNER_LEASE_MS: '2000', REENACT_TARGET_TIMEOUT_MS: '6000' });
  world = installation.world;
  const { prod } = world.connection.environments;
  await world.prepare(prod.id, spec, target);
  await world.prepare(prod.id, onceOnly, target);
  await world.changePosture(prod.id, (posture) => {
    posture.maxConcurrentExecutes = 10;
  });
  agent = await SampleAgent.enrol(world, { id: prod.id, slug: 'prod' }, installation.directory);
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await installation?.close();
}, 60_000);

const evidence = (pipeline = spec): Promise<Artifact> => agent.fail({ spec: pipeline, target, records: RECORDS, done: DONE });

/** As `World.request`, and again as long as a part is away; the key makes it one replay all the same. */
async function requestPatiently(wish: Wish): Promise<Replay> {
  const key = newUuid();
  return world.until(
    () => world.request(wish, { 'idempotency-key': key }),
    () => undefined,
  );
}

async function approvePatiently(dryRunId: string): Promise<string> {
  const operator = world.as('operator');
  const request = { action: 'replay_execute', dryRunId, ttl: 'PT1H', reason: 'Make what is missing' };
  const key = newUuid();
  const { id } = await world.until(
    () => operator.post<{ id: string }>('approvals', request, { 'idempotency-key': key }),
    () => undefined,
  );
  await world.until(
    async () => {
      await world.as('approver').call('POST', `approvals/${id}/decisions`, { decision: 'approve', reason: 'It is right' });
      return operator.get<{ state: string }>(`approvals/${id}`);
    },
    ({ state }) => expect(state).toBe('approved'),
  );
  return id;
}

/** How often each of the keys reached the target. */
const timesOf = (keys: string[]) => keys.map((key) => target.keys.get(key) ?? 0);

/** That the log tells every state of the replay exactly once, now or soon; what was published again may have come in any order. */
async function toldOnce(replayId: string, states: string[]): Promise<void> {
  const told = async () => {
    const { items } = await world
      .as('operator')
      .get<Page<{ entry: { type: string; subject: { id: string } } }>>(`replays/${replayId}/audit?limit=200`);
    const own = items.filter(({ entry }) => entry.subject.id === replayId && entry.type.startsWith('replay.'));
    return own.map(({ entry }) => entry.type.slice('replay.'.length)).toReversed();
  };
  const log = await world.until(told, (types) => expect(types).toEqual(expect.arrayContaining(states)));
  expect(log.toSorted(byName)).toEqual(states.toSorted(byName));
}

const byName = (a: string, b: string) => a.localeCompare(b);

describe('lose-broker', () => {
  it('lose-broker - five seconds without NATS in mid-saga delay, and lose nothing', async () => {
    const running = await world.readyToExecute(await evidence());
    const onItsWay = await world.readyToExecute(await evidence());
    const keys = [...(await world.plannedKeys(running.dryRunId)), ...(await world.plannedKeys(onItsWay.dryRunId))];
    const asked = await evidence();

    const gate = target.holdAfter(1);
    const first = await world.request(running);
    await gate.reached;
    const second = await world.request(onItsWay);
    await installation.nats.stop();
    const since = performance.now();
    gate.open();
    // The agent fails once more, and somebody asks for a dry run, while nothing gets through.
    const spool = await agent.capture({ spec, target, records: RECORDS, done: DONE });
    const uploaded = spool.flush(agent.client);
    const key = newUuid();
    const request = () =>
      world
        .as('operator')
        .call('POST', 'replays', { mode: 'dry_run', artifactId: asked.id, reason: 'Now' }, { 'idempotency-key': key });
    expect(await request()).toMatchObject({ status: 503, body: { code: 'try_later' } });
    await delay(Math.max(0, OUTAGE_MS - (performance.now() - since)));
    await installation.nats.start();

    for (const { id } of [first, second]) expect(await world.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(timesOf(keys)).toEqual(keys.map(() => 1));
    const [{ artifact }] = await uploaded;
    await world.until(
      () => world.as('operator').get<Artifact>(`artifacts/${artifact.id}`),
      ({ incidentId }) => expect(incidentId).toBeDefined(),
    );
    const answer = await world.until(request, ({ status }) => expect(status).toBe(202));
    expect(await world.ended((answer.body as Replay).id)).toMatchObject({ state: 'succeeded' });
    for (const { id } of [first, second]) await toldOnce(id, EXECUTED);
  }, 120_000);

  it('lose-broker - JetStream wiped and the broker restarted in mid-saga: everything goes on', async () => {
    const running = await world.readyToExecute(await evidence());
    const onItsWay = await world.readyToExecute(await evidence());
    const keys = [...(await world.plannedKeys(running.dryRunId)), ...(await world.plannedKeys(onItsWay.dryRunId))];
    const spool = await agent.capture({ spec, target, records: RECORDS, done: DONE });
    const gate = target.holdAfter(1);
    const first = await world.request(running);
    await gate.reached;
    // What these have not taken yet is nowhere but in JetStream and in the outboxes.
    const away = ['runner-dry-run', 'incident', 'audit'] as const;
    await Promise.all(away.map((name) => installation.stop(name)));
    const [{ artifact: untold }] = await spool.flush(agent.client);
    const dispatched = await world.request({ artifactId: untold.id });
    await world.entered(dispatched.id, 'dispatching');
    const second = await world.request(onItsWay);
    await installation.nats.wipe();
    gate.open();
    await Promise.all(away.map((name) => installation.run(name)));
    for (const { id } of [first, second, dispatched]) expect(await world.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(timesOf(keys)).toEqual(keys.map(() => 1));
    await world.until(
      () => world.as('operator').get<Artifact>(`artifacts/${untold.id}`),
      ({ incidentId }) => expect(incidentId).toBeDefined(),
    );

    const fresh = await evidence();
    await world.until(
      () => world.as('operator').get<Artifact>(`artifacts/${fresh.id}`),
      ({ incidentId }) => expect(incidentId).toBeDefined(),
    );
    const dryRun = await world.dryRun(fresh.id);
    const at = new Date().toISOString();
    await agent.client.heartbeat({ at, bootId: 'after-the-wipe', sequence: 1, status: 'ok' });
    await world.until(
      () => world.as('operator').get<Page<{ bootId: string }>>(`agents/${agent.identity.agentId}/heartbeats`),
      ({ items }) => expect(items.map(({ bootId }) => bootId)).toContain('after-the-wipe'),
    );
    for (const { id } of [first, second]) await toldOnce(id, EXECUTED);
    for (const { id } of [dispatched, dryRun]) await toldOnce(id, DRY_RUN);
  }, 120_000);
});

describe('crash-services', () => {
  const COMMITTED = 'outbox.after-commit-before-publish';
  const HANDLED = 'consumer.after-commit-before-ack';

  it.each<{ points: Partial<Record<ProcessName, string>> }>([
    {
      points: {
        ingest: COMMITTED,
        'replay-orchestrator': COMMITTED,
        approval: COMMITTED,
        'runner-execute': COMMITTED,
        'runner-dry-run': HANDLED,
        incident: HANDLED,
        audit: HANDLED,
      },
    },
    { points: { 'replay-orchestrator': HANDLED, approval: HANDLED, 'runner-execute': HANDLED, 'runner-dry-run': COMMITTED } },
  ])(
    'crash-services - services die once each at $points, and what was committed is still delivered',
    async ({ points }) => {
      const names = Object.keys(points) as ProcessName[];
      const doomed = await Promise.all(names.map((name) => installation.crashOnce(name, points[name] as string)));
      const artifact = await evidence();
      const dryRun = await world.ended((await requestPatiently({ artifactId: artifact.id })).id);
      expect(dryRun).toMatchObject({ state: 'succeeded' });
      const keys = await world.plannedKeys(dryRun.id);
      const approvalId = await approvePatiently(dryRun.id);
      const asked = await requestPatiently({ mode: 'execute', artifactId: artifact.id, dryRunId: dryRun.id, approvalId });
      expect(await world.ended(asked.id)).toMatchObject({ state: 'succeeded' });
      const deaths = await Promise.all(doomed.map(({ died }) => died));
      expect(deaths).toEqual(names.map(() => 'SIGKILL'));

      expect(timesOf(keys)).toEqual(keys.map(() => 1));
      await toldOnce(dryRun.id, DRY_RUN);
      await toldOnce(asked.id, EXECUTED);
      await world.until(
        () => world.as('operator').get<Artifact>(`artifacts/${artifact.id}`),
        ({ incidentId }) => expect(incidentId).toBeDefined(),
      );
      const { items } = await world.as('operator').get<Page<Replay>>(`replays?artifactId=${artifact.id}`);
      expect(items.map(({ id }) => id)).toEqual([asked.id, dryRun.id]);
    },
    180_000,
  );

  it.each(['runner.after-settle', 'runner.before-send'])(
    'crash-services - a runner that dies at %s is taken over, and each action happens once',
    async (point) => {
      const wish = await world.readyToExecute(await evidence());
      const keys = await world.plannedKeys(wish.dryRunId);
      const { died } = await installation.crashOnce('runner-execute', point);
      const { id } = await world.request(wish);
      expect(await died).toBe('SIGKILL');
      expect(await world.ended(id)).toMatchObject({ state: 'succeeded' });
      expect(timesOf(keys)).toEqual(keys.map(() => 1));
      await toldOnce(id, EXECUTED);
    },
    120_000,
  );

  it('crash-services - a run that somebody changed in the database while its runner was down reaches no target', async () => {
    const wish = await world.readyToExecute(await evidence());
    await installation.stop('runner-execute');
    const doomed = await installation.run('runner-execute', { REENACT_CRASH_AT: 'runner.after-claim' });
    const { id } = await world.request(wish);
    expect(await doomed.exited).toMatchObject({ signal: 'SIGKILL' });
    const changed = await world.sql(
      `update runner.run set command = jsonb_set(jsonb_set(command, '{include}', '"all"'), '{again}', 'true')
       where replay_id = $1 returning replay_id`,
      [id],
    );
    expect(changed).toHaveLength(1);
    const before = target.requests.length;
    await installation.run('runner-execute');
    expect(await world.ended(id)).toMatchObject({ state: 'rejected', rejection: { codes: ['plan_mismatch'] } });
    expect(target.requests.slice(before)).toEqual([]);
  }, 120_000);
});

describe('withdraw-run', () => {
  it('withdraw-run - a dry run that no runner is there to take ends when it is cancelled or its start-by has passed', async () => {
    const artifact = await evidence();
    await installation.stop('runner-dry-run');
    const startBy = new Date(Date.now() + 4_000).toISOString();
    const [cancelled, late] = [
      await world.request({ artifactId: artifact.id }),
      await world.request({ artifactId: artifact.id, startBy }),
    ];
    await world.entered(cancelled.id, 'dispatching');
    await world.as('operator').post(`replays/${cancelled.id}/cancel`);
    expect(await world.ended(cancelled.id)).toMatchObject({ state: 'cancelled' });
    expect(await world.ended(late.id)).toMatchObject({ state: 'expired' });
    // Its commands are still there, and come too late.
    await installation.run('runner-dry-run');
    expect(await world.dryRun(artifact.id)).toMatchObject({ state: 'succeeded' });
    await toldOnce(cancelled.id, ['requested', 'checking', 'dispatching', 'cancel_requested', 'cancelled']);
    await toldOnce(late.id, ['requested', 'checking', 'dispatching', 'expired']);
  }, 120_000);
});

describe('share-installation', () => {
  it('share-installation - two orchestrators and two runners of each kind perform concurrent executes, each action once', async () => {
    const copies = ['replay-orchestrator', 'runner-dry-run', 'runner-execute'] as const;
    await Promise.all(copies.map((name) => installation.run(name, {}, '#2')));
    const artifacts: Artifact[] = [];
    for (let i = 0; i < 5; i += 1) artifacts.push(await evidence());
    const wishes = await Promise.all(artifacts.map((artifact) => world.readyToExecute(artifact)));
    const keys = (await Promise.all(wishes.map(({ dryRunId }) => world.plannedKeys(dryRunId)))).flat();
    expect(new Set(keys).size).toBe(5 * (RECORDS - DONE));

    // A runner has four runs at most: five actions under way at once are the work of two.
    const before = target.requests.length;
    const gate = target.holdAfter(0);
    const asked = await Promise.all(wishes.map((wish) => world.request(wish)));
    await world.until(
      async () => target.requests.length - before,
      (held) => expect(held).toBe(5),
    );
    await installation.kill('replay-orchestrator');
    gate.open();
    for (const { id } of asked) expect(await world.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(timesOf(keys)).toEqual(keys.map(() => 1));
    for (const { id } of asked) await toldOnce(id, EXECUTED);
    await installation.run('replay-orchestrator');
  }, 120_000);

  it('share-installation - runners killed in mid-action: only what is idempotent is sent again, with the same key', async () => {
    const again = await world.readyToExecute(await evidence(spec));
    const once = await world.readyToExecute(await evidence(onceOnly));
    const [againKeys, onceKeys] = [await world.plannedKeys(again.dryRunId), await world.plannedKeys(once.dryRunId)];
    const gate = target.holdAfter(2);
    const before = target.requests.length;
    const retried = await world.request(again);
    const resolved = await world.request(once);
    // Two were answered, and one of each waits for its answer.
    await world.until(
      async () => target.requests.length - before,
      (seen) => expect(seen).toBe(4),
    );
    const [againSent, onceSent] = [timesOf(againKeys), timesOf(onceKeys)];
    await Promise.all([installation.kill('runner-execute'), installation.kill('runner-execute', '#2')]);
    gate.open();
    await installation.run('runner-execute');

    expect(await world.ended(retried.id)).toMatchObject({ state: 'succeeded' });
    const heldAt = againSent.lastIndexOf(1);
    expect(timesOf(againKeys)).toEqual(againKeys.map((_, i) => (i === heldAt ? 2 : 1)));
    // Nobody knows whether it arrived: a person finds out.
    expect(await world.ended(resolved.id)).toMatchObject({ state: 'indeterminate' });
    expect(timesOf(onceKeys)).toEqual(onceSent);
    const { items } = await world.actions(resolved.id);
    expect(items.filter(({ state }) => state === 'indeterminate')).toHaveLength(1);
    const resolution = { outcome: 'performed', reason: 'The ticket is there' };
    expect(await world.as('operator').post<Replay>(`replays/${resolved.id}/resolve`, resolution)).toMatchObject({
      state: 'indeterminate',
      resolution: expect.objectContaining({ outcome: 'performed' }),
    });
    await toldOnce(retried.id, EXECUTED);
  }, 120_000);
});
