import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Approval, newUuid, type Replay, TERMINAL_STATES } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { Installation, type ProcessName } from './harness/installation.js';
import { random } from './harness/random.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { PlannedAction, Wish, World } from './harness/world.js';

/*
 * A short search by default. The long one, with 200 kills and 100 executes at once, took eleven minutes on two busy cores:
 *   REENACT_E2E_KILLS=200 REENACT_E2E_EXECUTES=100 npx jest apps/system-e2e/src/kill-executes
 * REENACT_E2E_SEED repeats the choices of an earlier search, which are in its title; REENACT_E2E_KEEP keeps its logs.
 */

const KILLS = Number(process.env.REENACT_E2E_KILLS ?? 4);
const EXECUTES = Number(process.env.REENACT_E2E_EXECUTES ?? (KILLS >= 100 ? 100 : 6));
const SEED = Number(process.env.REENACT_E2E_SEED ?? randomInt(2 ** 31));
/** More in a long search, so that a round lasts for many kills. */
const RECORDS = EXECUTES >= 100 ? 24 : 8;
const DONE = 2;
/** How long the target thinks: long enough that a kill finds actions under way. */
const THINKING_MS = 150;
const LONGEST_LIFE_MS = 2_500;
const PREPARED_AT_ONCE = 5;
/** Runs of the execute pool at once: a kill finds many of them under way. */
const CONCURRENCY = 16;
/** Of the actions, how many are answered 503 at first, and of those how many for good. */
const FAILING = 0.06;
const FAILING_FOR_GOOD = 0.3;
const HOURS_MS = 3_600_000;

const POINTS: Partial<Record<ProcessName, string[]>> = {
  'runner-execute': [
    'runner.after-claim',
    'runner.after-settle',
    'runner.before-send',
    'runner.after-send-before-done',
    'outbox.after-commit-before-publish',
    'consumer.after-commit-before-ack',
  ],
  'replay-orchestrator': ['check-replays.after-reads', 'outbox.after-commit-before-publish', 'consumer.after-commit-before-ack'],
};

interface Asked {
  replayId: string;
  actions: PlannedAction[];
  keys: string[];
  idempotent: boolean;
  approvalId?: string;
}

const often = ticketPipeline('orders-often');
const once = ticketPipeline('orders-once', { idempotent: false });
const next = random(SEED);

let installation: Installation;
let world: World;
let target: RecordingTarget;
let agent: SampleAgent;

beforeAll(async () => {
  target = await RecordingTarget.start();
  target.thinkingMs = THINKING_MS;
  // Short, so that a take-over does not have to wait long for those who died.
  installation = await Installation.start({
    REENACT_RUNNER_LEASE_MS: '1500',
    REENACT_RUNNER_CONCURRENCY: String(CONCURRENCY),
    REENACT_TARGET_TIMEOUT_MS: '2000',
    REENACT_UPLOADS_PER_MINUTE: '10000',
  });
  world = installation.world;
  const { prod } = world.connection.environments;
  await world.prepare(prod.id, often, target);
  await world.prepare(prod.id, once, target);
  await world.changePosture(prod.id, (posture) => {
    posture.maxConcurrentExecutes = 100;
  });
  agent = await SampleAgent.enrol(world, { id: prod.id, slug: 'prod' }, installation.directory);
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await installation?.close();
}, 60_000);

interface Prepared {
  wish: Wish;
  actions: PlannedAction[];
  idempotent: boolean;
  cancelled: boolean;
}

/** Every fourth may be done once only, every fifth has no approval, every fifth wants what the one before wants, every sixth is cancelled. */
async function prepareRound(): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  const prepare = async (number: number) => {
    const idempotent = number % 4 !== 0;
    const artifact = await agent.fail({ spec: idempotent ? often : once, target, records: RECORDS, done: DONE });
    const add = async () => {
      const { id: dryRunId } = await world.dryRun(artifact.id);
      const actions = await world.plannedActions(dryRunId);
      const wish: Wish = { mode: 'execute', artifactId: artifact.id, dryRunId };
      if (number % 5 !== 4) wish.approvalId = (await world.approve(dryRunId)).id;
      prepared.push({ wish, actions, idempotent, cancelled: number % 6 === 5 });
      // What failed by the target's own word may be tried by the next replay, whatever the spec says: that is not looked at here.
      for (const { idempotencyKey } of idempotent ? actions : [])
        if (next() < FAILING) target.failures.set(idempotencyKey, next() < FAILING_FOR_GOOD ? Infinity : 1);
    };
    await add();
    if (number % 5 === 3) await add();
  };
  for (let first = 0; first < EXECUTES; first += PREPARED_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(PREPARED_AT_ONCE, EXECUTES - first) }, (_, i) => first + i);
    await Promise.all(numbers.map(prepare));
  }
  return prepared;
}

/** Asks as long as a part is away; the key makes it one replay all the same. */
async function ask({ wish, actions, idempotent, cancelled }: Prepared): Promise<Asked> {
  const key = newUuid();
  const request = () => world.request(wish, { 'idempotency-key': key });
  const { id } = await eventually(request, { timeoutMs: HOURS_MS, intervalMs: 500 });
  if (cancelled) await cancel(id);
  const keys = actions.map(({ idempotencyKey }) => idempotencyKey);
  return { replayId: id, actions, keys, idempotent, ...(wish.approvalId !== undefined && { approvalId: wish.approvalId }) };
}

/** At any moment; it may have ended before. */
async function cancel(replayId: string): Promise<void> {
  await delay(next() * LONGEST_LIFE_MS);
  const request = async () => {
    const { status } = await world.as('operator').call('POST', `replays/${replayId}/cancel`, {});
    if (status >= 400 && status !== 409) throw new Error(`the cancel was answered ${status}`);
  };
  await eventually(request, { timeoutMs: HOURS_MS, intervalMs: 500 });
}

async function unended(asked: Asked[]): Promise<number> {
  const ids = asked.map(({ replayId }) => replayId);
  const rows = await world.sql<{ state: Replay['state'] }>('select state from replay_orchestrator.replay where id = any($1)', [
    ids,
  ]);
  return ids.length - rows.filter(({ state }) => TERMINAL_STATES.includes(state)).length;
}

/** Kills one kind of process again and again: at a named point, or after a while at any moment. Answers where it died. */
async function killing(victim: ProcessName, goesOn: () => boolean): Promise<Record<string, number>> {
  const deaths: Record<string, number> = {};
  await delay(next() * LONGEST_LIFE_MS);
  await installation.kill(victim);
  deaths['any moment'] = 1;
  const points = POINTS[victim] ?? [];
  while (goesOn()) {
    const point = next() < 0.7 ? points[Math.floor(next() * points.length)] : undefined;
    const hit = 1 + Math.floor(next() * 4);
    const doomed = await installation.run(victim, point === undefined ? {} : { REENACT_CRASH_AT: `${point}:${hit}` });
    const lives = 500 + next() * LONGEST_LIFE_MS;
    const diedThere = await Promise.race([doomed.exited.then(() => true), delay(lives).then(() => false)]);
    await doomed.end('SIGKILL');
    const where = diedThere ? (point as string) : 'any moment';
    deaths[where] = (deaths[where] ?? 0) + 1;
  }
  await installation.run(victim);
  return deaths;
}

/** None where it was rejected before there was a plan. */
async function actionsOf(replayId: string): Promise<{ state: string; attempts: number }[]> {
  const path = `replays/${replayId}/actions?limit=200`;
  const { status, body } = await world.as('operator').call<{ items: { state: string; attempts: number }[] }>('GET', path);
  expect([200, 409]).toContain(status);
  return status === 200 ? body.items : [];
}

describe(`kill-executes (REENACT_E2E_SEED=${SEED})`, () => {
  const asked: Asked[] = [];
  const deaths: Record<string, number> = {};

  it(
    `kill-executes - every replay ends, whatever is killed (${KILLS} times, ${EXECUTES} at once)`,
    async () => {
      let left = KILLS;
      while (left > 0) {
        const prepared = await prepareRound();
        let open = prepared.length;
        const round: Asked[] = [];
        const goesOn = () => {
          if (left <= 0 || open === 0) return false;
          left -= 1;
          return true;
        };
        left -= 2;
        const asking = Promise.all(prepared.map(async (one) => round.push(await ask(one))));
        const killed = Promise.all(
          (Object.keys(POINTS) as ProcessName[]).map(async (victim) => {
            for (const [where, times] of Object.entries(await killing(victim, goesOn))) {
              deaths[`${victim} ${where}`] = (deaths[`${victim} ${where}`] ?? 0) + times;
            }
          }),
        );
        await asking;
        await eventually(
          async () => {
            open = await unended(round);
            expect(open).toBe(0);
          },
          { timeoutMs: HOURS_MS, intervalMs: 500 },
        );
        await killed;
        asked.push(...round);
      }
      expect(Object.values(deaths).reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(KILLS);
    },
    HOURS_MS,
  );

  it('kill-executes - no effect twice unless idempotent, none outside an approved plan, none without approval', async () => {
    const approved = asked.filter(({ approvalId }) => approvalId);
    const allowed = new Map(approved.flatMap(({ keys, idempotent }) => keys.map((key) => [key, idempotent])));
    const planned = new Map(approved.flatMap(({ actions }) => actions.map((action) => [action.idempotencyKey, action])));
    for (const { key, method, path, sha256 } of target.requests) {
      if (key === undefined) continue;
      const action = planned.get(key);
      expect({ key, method, path, sha256 }).toEqual({
        key,
        method: action?.method,
        path: action?.path,
        sha256: action?.payloadSha256,
      });
    }
    const twice = [...target.keys].filter(([, times]) => times > 1).map(([key]) => key);
    expect(twice.filter((key) => !allowed.get(key))).toEqual([]);

    const tally: Record<string, number> = {};
    const covered = new Set<string>();
    for (const { replayId, keys, approvalId } of asked) {
      const { state, rejection } = await world.ended(replayId);
      const outcome = [state, ...(rejection?.codes ?? [])].join(' ');
      tally[outcome] = (tally[outcome] ?? 0) + 1;
      const actions = await actionsOf(replayId);
      const done = actions.filter((action) => action.state === 'done');
      // What has ended holds no effect for ever.
      expect(actions.filter((action) => action.state === 'started')).toEqual([]);
      if (approvalId === undefined) {
        expect({ done, sent: keys.filter((key) => target.keys.has(key)) }).toEqual({ done: [], sent: [] });
        // It expires when nobody got to its checks in time, and may be cancelled before them.
        expect(['rejected', 'expired', 'cancelled']).toContain(state);
        continue;
      }
      if (state === 'succeeded') expect(keys.filter((key) => !target.keys.has(key))).toEqual([]);
      const approval = await world.as('operator').get<Approval>(`approvals/${approvalId}`);
      if (actions.some(({ attempts }) => attempts > 0)) expect(approval).toMatchObject({ state: 'used', replayId });
      else expect(['used', 'approved']).toContain(approval.state);
      if (approval.state === 'used') for (const key of keys) covered.add(key);
    }
    // Whatever became of it: it left under an approval whose use was settled.
    expect([...target.keys.keys()].filter((key) => !covered.has(key))).toEqual([]);
    console.log(
      JSON.stringify(
        { seed: SEED, executes: asked.length, effects: target.keys.size, repeated: twice.length, deaths, tally },
        undefined,
        2,
      ),
    );
    expect(tally.succeeded).toBeGreaterThan(0);
  }, 600_000);
});
