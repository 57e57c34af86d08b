import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Approval, newUuid, type Replay, TERMINAL_STATES } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { Installation, type ProcessName } from './harness/installation.js';
import { random } from './harness/random.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { Wish, World } from './harness/world.js';

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
  keys: string[];
  idempotent: boolean;
}

/** Every fourth may be done once only, every fifth has no approval, and every fifth wants what the one before wants. */
async function prepareRound(): Promise<Prepared[]> {
  const prepared: Prepared[] = [];
  const prepare = async (number: number) => {
    const idempotent = number % 4 !== 0;
    const artifact = await agent.fail({ spec: idempotent ? often : once, target, records: RECORDS, done: DONE });
    const add = async () => {
      const { id: dryRunId } = await world.dryRun(artifact.id);
      const keys = await world.plannedKeys(dryRunId);
      const wish: Wish = { mode: 'execute', artifactId: artifact.id, dryRunId };
      if (number % 5 !== 4) wish.approvalId = (await world.approve(dryRunId)).id;
      prepared.push({ wish, keys, idempotent });
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
async function ask({ wish, keys, idempotent }: Prepared): Promise<Asked> {
  const key = newUuid();
  const request = () => world.request(wish, { 'idempotency-key': key });
  const { id } = await eventually(request, { timeoutMs: HOURS_MS, intervalMs: 500 });
  return { replayId: id, keys, idempotent, ...(wish.approvalId !== undefined && { approvalId: wish.approvalId }) };
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
async function actionsOf(replayId: string): Promise<{ state: string }[]> {
  const path = `replays/${replayId}/actions?limit=200`;
  const { status, body } = await world.as('operator').call<{ items: { state: string }[] }>('GET', path);
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
    const allowed = new Map(
      asked.filter(({ approvalId }) => approvalId).flatMap(({ keys, idempotent }) => keys.map((key) => [key, idempotent])),
    );
    const bodies = new Map<string, unknown>();
    for (const { key, body } of target.requests) {
      if (key === undefined) continue;
      expect(allowed.has(key)).toBe(true);
      if (bodies.has(key)) expect(body).toEqual(bodies.get(key));
      bodies.set(key, body);
    }
    const twice = [...target.keys].filter(([, times]) => times > 1).map(([key]) => key);
    expect(twice.filter((key) => !allowed.get(key))).toEqual([]);

    const tally: Record<string, number> = {};
    for (const { replayId, keys, approvalId } of asked) {
      const { state, rejection } = await world.ended(replayId);
      const outcome = [state, ...(rejection?.codes ?? [])].join(' ');
      tally[outcome] = (tally[outcome] ?? 0) + 1;
      const done = (await actionsOf(replayId)).filter((action) => action.state === 'done');
      if (approvalId === undefined) {
        expect({ done, sent: keys.filter((key) => target.keys.has(key)) }).toEqual({ done: [], sent: [] });
        // It expires when nobody got to its checks in time.
        expect(['rejected', 'expired']).toContain(state);
        continue;
      }
      if (state === 'succeeded') expect(keys.filter((key) => !target.keys.has(key))).toEqual([]);
      const approval = await world.as('operator').get<Approval>(`approvals/${approvalId}`);
      if (done.length > 0) expect(approval).toMatchObject({ state: 'used', replayId });
      else expect(['used', 'approved']).toContain(approval.state);
    }
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
