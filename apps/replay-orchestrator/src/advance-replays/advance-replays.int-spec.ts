import {
  newId,
  newUuid,
  type Replay,
  type RunFact,
  readReplayFacts,
  requestReplay,
  runProgressed,
  runStarted,
} from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { FollowRunHandler } from '../follow-run/follow-run.handler.js';
import { type Harness, orchestratorHarness } from '../replay-orchestrator.harness.js';
import { Requests } from '../requests.harness.js';

describe('advance-replays, many at once', () => {
  let harness: Harness;
  const requests = new Requests(() => harness);

  beforeAll(async () => {
    harness = await orchestratorHarness(2);
    harness.neighbours.posture.replay.execute = 'require_approval';
  });
  afterAll(() => harness.close());

  it('check-replays - one that cannot be kept holds up no other, and expires', async () => {
    const { neighbours, work } = harness;
    const poisoned = neighbours.artifact();
    neighbours.poisoned.add(poisoned.id);
    neighbours.away.add(readReplayFacts.subject);
    const startBy = new Date(Date.now() + 4_000).toISOString();
    const { id } = await requests.execute(poisoned, { startBy });
    const others = await Promise.all([requests.execute(), requests.execute(), requests.execute()]);
    for (const replay of [{ id }, ...others]) await harness.reaches(replay.id, 'checking');
    neighbours.away.clear();
    // Due at the same moment, so that one orchestrator takes them together.
    const ids = [id, ...others.map((other) => other.id)];
    await work.query(
      'update replay_orchestrator.replay set due_at = now(), tries = 0 where id = any($1) and due_at is not null',
      [ids],
    );
    for (const other of others) await harness.reaches(other.id, 'reserving');
    await eventually(async () => {
      const [{ tries }] = await work.query<{ tries: number }>('select tries from replay_orchestrator.replay where id = $1', [id]);
      expect(tries).toBeGreaterThan(1);
    });
    const { checks } = await harness.reaches(id, 'expired');
    expect(checks.every(({ outcome }) => outcome === 'not_evaluated')).toBe(true);
  });

  it('follow-run - locks what moves and what only goes on in the order of their ids', async () => {
    const { neighbours, work, replicas } = harness;
    const ask = () => harness.call(requestReplay, { artifactId: neighbours.artifact().id, mode: 'dry_run', reason: 'See' });
    const [first, second] = [await ask(), await ask()].sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const { id } of [first, second]) await harness.reaches(id, 'dispatching');
    const envelope = (contract: typeof runStarted, { id }: Replay, more: Partial<RunFact> = {}) => ({
      id: newUuid(),
      type: contract.type,
      source: 'runner',
      time: new Date().toISOString(),
      orgId: neighbours.orgId,
      aggregate: { kind: 'run', id, version: 2 },
      actor: { kind: 'service' as const, id: 'runner' },
      correlationId: newId('replay'),
      data: { replayId: id, mode: 'dry_run' as const, attempt: 1, ...more },
    });
    const batch = [envelope(runStarted, second), envelope(runProgressed, first, { records: 1 })];
    const following = await work.run(async (tx) => {
      await tx.query('select 1 from replay_orchestrator.replay where id = $1 for update', [first.id]);
      const handler = replicas[0].app.get(FollowRunHandler);
      const waiting = work.run((other) => handler.follow(batch, other));
      await eventually(async () => {
        const blocked = await work.query(
          "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
        );
        expect(blocked).not.toEqual([]);
      });
      const free = await tx.query<{ id: string }>(
        'select id from replay_orchestrator.replay where id = $1 for update skip locked',
        [second.id],
      );
      expect(free).toEqual([{ id: second.id }]);
      return { waiting };
    });
    await following.waiting;
    await harness.reaches(second.id, 'running');
  });
});
