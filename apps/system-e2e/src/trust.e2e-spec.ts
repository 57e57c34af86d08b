import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type Artifact, type Execute, newId, newUuid, type PlanHeader, type Replay } from '@reenact/contracts';
import { Broker } from './harness/broker.js';
import { type LocalWorld, startLocalWorld } from './harness/local-world.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { Wish, World } from './harness/world.js';

const RECORDS = 4;
const DONE = 1;
const EXECUTE = 'cmd.runner.run.execute.v1';

let local: LocalWorld;
let world: World;
let target: RecordingTarget;
let agents: Record<'prod' | 'dev', SampleAgent>;

const spec = ticketPipeline('orders');

beforeAll(async () => {
  local = await startLocalWorld();
  world = local.world;
  target = await RecordingTarget.start();
  const { environments } = world.connection;
  const enrol = async (slug: 'prod' | 'dev') => {
    await world.prepare(environments[slug].id, spec, target);
    return SampleAgent.enrol(world, { id: environments[slug].id, slug }, local.directory);
  };
  agents = { prod: await enrol('prod'), dev: await enrol('dev') };
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await local?.close();
});

const evidence = (environment: 'prod' | 'dev' = 'prod'): Promise<Artifact> =>
  agents[environment].fail({ spec, target, records: RECORDS, done: DONE });

/** What replays made the target do since then. */
function performedSince(requests: number): { key: string | undefined; body: unknown; path: string }[] {
  return target.requests.slice(requests).filter(({ key }) => key !== undefined);
}

/** What the approved plan does, and nothing else. */
const APPROVED = [1, 2, 3].map((number) => expect.objectContaining({ path: '/tickets', body: { number } }));

async function execute(wish: Wish): Promise<Replay> {
  return world.ended((await world.request(wish)).id);
}

interface Tampering {
  artifact: Artifact;
  dryRunId: string;
  approvalId: string;
  /** Another dry run, with another plan and an approval of its own that was never given. */
  other: { artifact: Artifact; dryRun: Replay };
}

describe('execute-plan', () => {
  it('execute-plan - performs the approved plan, as it was seen', async () => {
    const wish = await world.readyToExecute(await evidence());
    const keys = await world.plannedKeys(wish.dryRunId);
    const before = target.requests.length;
    expect(await execute(wish)).toMatchObject({ state: 'succeeded' });
    expect(performedSince(before)).toEqual(APPROVED);
    expect(performedSince(before).map(({ key }) => key)).toEqual(keys);
  });

  it.each<[string, string | undefined, (t: Tampering) => Promise<Wish | void>]>([
    [
      "the dry run's digest in the runner's database",
      'approval_scope_mismatch',
      async ({ dryRunId, other }) => {
        const { planDigest } = other.dryRun;
        await world.sql('update runner.run set plan_digest = $2 where replay_id = $1', [dryRunId, planDigest]);
      },
    ],
    [
      "the dry run's selection in the orchestrator's database",
      'plan_mismatch',
      async ({ dryRunId }) => {
        const body = `jsonb_set(body, '{include}', '"all"')`;
        await world.sql(`update replay_orchestrator.replay set body = ${body} where id = $1`, [dryRunId]);
      },
    ],
    [
      "the plan's header in the runner's database",
      undefined,
      async ({ dryRunId }) => {
        const header = `jsonb_set(jsonb_set(header, '{include}', '"all"'), '{actions}', '4')`;
        await world.sql(`update runner.run set header = ${header} where replay_id = $1`, [dryRunId]);
      },
    ],
    [
      'the stored plan and its payloads',
      undefined,
      async ({ dryRunId }) => {
        const files = world.objects().filter((path) => path.includes(dryRunId));
        // The plan with its payloads, and the report.
        expect(files).toHaveLength(2);
        expect(files.filter((path) => readFileSync(path, 'latin1').includes('"number":'))).toHaveLength(1);
        for (const path of files)
          writeFileSync(path, readFileSync(path, 'latin1').replaceAll('"number":', '"numbeR":'), 'latin1');
      },
    ],
    [
      'the approval, so that it names another plan',
      'approval_scope_mismatch',
      async ({ approvalId, other: { artifact, dryRun } }) => {
        const named = { artifactId: artifact.id, dryRunId: dryRun.id, planDigest: dryRun.planDigest };
        const rows = await world.sql(
          `update approval.request set body = body || $2, dry_run_id = $3, artifact_id = $4 where id = $1 returning body`,
          [approvalId, named, dryRun.id, artifact.id],
        );
        expect(rows).toEqual([{ body: expect.objectContaining({ state: 'approved', planDigest: dryRun.planDigest }) }]);
        return { mode: 'execute', artifactId: artifact.id, dryRunId: dryRun.id, approvalId };
      },
    ],
    [
      'the evidence in the object store',
      'artifact_quarantined',
      async ({ artifact }) => {
        const [path] = world.objects().filter((file) => file.endsWith(artifact.sha256.slice('sha256:'.length)));
        const text = gunzipSync(readFileSync(path)).toString('latin1');
        expect(text).toContain('"number":2');
        writeFileSync(path, gzipSync(Buffer.from(text.replace('"number":2', '"number":7'), 'latin1')));
      },
    ],
  ])('execute-plan - reaches no target beyond the approved plan when somebody changes %s', async (_what, code, tamper) => {
    const artifact = await evidence();
    const wish = await world.readyToExecute(artifact);
    const keys = await world.plannedKeys(wish.dryRunId);
    const otherArtifact = await agents.prod.fail({ spec, target, records: RECORDS + 3, done: 0 });
    const other = { artifact: otherArtifact, dryRun: await world.dryRun(otherArtifact.id) };
    const changed = await tamper({ artifact, dryRunId: wish.dryRunId, approvalId: wish.approvalId, other });
    const before = target.requests.length;
    const replay = await execute(changed ?? wish);
    if (code === undefined) {
      expect(replay).toMatchObject({ state: 'succeeded' });
      expect(performedSince(before)).toEqual(APPROVED);
      expect(performedSince(before).map(({ key }) => key)).toEqual(keys);
    } else {
      expect(replay).toMatchObject({ state: 'rejected', rejection: { codes: expect.arrayContaining([code]) } });
      expect(target.requests.slice(before)).toEqual([]);
    }
  });

  it('execute-plan - reaches no target when the registered version is changed in the database', async () => {
    const own = ticketPipeline('to-be-changed');
    await world.prepare(agents.prod.environmentId, own, target);
    const artifact = await agents.prod.fail({ spec: own, target, records: RECORDS, done: DONE });
    const wish = await world.readyToExecute(artifact);
    const changed = await world.sql(
      `update catalog.pipeline_version set spec = replace(spec, '/tickets', '/refunds') where spec_hash = $1 returning id`,
      [artifact.specHash],
    );
    expect(changed).toHaveLength(1);
    const before = target.requests.length;
    expect(await execute(wish)).toMatchObject({ state: 'rejected' });
    expect(target.requests.slice(before)).toEqual([]);
  });
});

describe('accept-run', () => {
  it.each(['prod', 'dev'] as const)(
    'accept-run - an execute command made by hand for %s reaches no target',
    async (environment) => {
      const broker = await Broker.connect(local.nats.url);
      try {
        const ready = async (artifact: Artifact): Promise<Wish & { dryRunId: string }> =>
          environment === 'prod'
            ? world.readyToExecute(artifact)
            : { mode: 'execute', artifactId: artifact.id, dryRunId: (await world.dryRun(artifact.id)).id };
        // A true command, which was obeyed, is what the others are made of.
        const genuine = await execute(await ready(await evidence(environment)));
        expect(genuine.state).toBe('succeeded');
        const template = await broker.last<Execute>('CMD', EXECUTE);
        expect(template.data.replayId).toBe(genuine.id);

        const artifact = await evidence(environment);
        const wish = await ready(artifact);
        const plan = await world
          .as('operator')
          .get<{ planDigest: string; header: PlanHeader }>(`replays/${wish.dryRunId}/plan?limit=1`);
        const rejected = await execute({ ...wish, dryRunId: newId('replay'), approvalId: undefined });
        expect(rejected.state).toBe('rejected');
        const before = target.requests.length;
        const forge = async (replayId: string, changes: Partial<Execute>) => {
          const data: Execute = {
            ...template.data,
            artifactId: artifact.id,
            artifactSha256: artifact.sha256,
            dryRunId: wish.dryRunId,
            planDigest: plan.planDigest,
            targets: plan.header.targets,
            startBy: new Date(Date.now() + 300_000).toISOString(),
            ...changes,
            replayId,
          };
          const envelope = { ...template, id: newUuid(), correlationId: replayId, data };
          await broker.publish(EXECUTE, { ...envelope, aggregate: { ...template.aggregate, id: replayId } });
          await broker.settled('CMD', 'runner-accept-execute');
        };
        const unknown = newId('replay');
        await forge(unknown, { approvalId: wish.approvalId });
        const withoutApproval = newId('replay');
        await forge(withoutApproval, { approvalId: undefined, credential: undefined });
        await forge(rejected.id, { approvalId: wish.approvalId });
        for (const replayId of [unknown, withoutApproval, rejected.id]) {
          await world.until(
            () => world.sql<{ state: string }>('select state from runner.run where replay_id = $1', [replayId]),
            (rows) => expect(rows).toEqual([{ state: 'refused' }]),
          );
        }
        // One that was obeyed already is not obeyed again, in whatever words.
        await forge(genuine.id, { approvalId: wish.approvalId });
        await forge(genuine.id, { ...template.data, again: true });
        const [row] = await world.sql<{ state: string }>('select state from runner.run where replay_id = $1', [genuine.id]);
        expect(row.state).toBe('succeeded');
        expect(target.requests.slice(before)).toEqual([]);
        expect(await world.as('operator').get<Replay>(`replays/${rejected.id}`)).toMatchObject(rejected);

        // And none of them stands in the way of the true one.
        expect(await execute(wish)).toMatchObject({ state: 'succeeded' });
        expect(performedSince(before)).toEqual(APPROVED);
      } finally {
        await broker.close();
      }
    },
  );
});

describe('settle-use', () => {
  it('settle-use - an approval starts one run, however many ask at once', async () => {
    await world.changePosture(agents.prod.environmentId, (posture) => {
      posture.maxConcurrentExecutes = 8;
    });
    const wish = await world.readyToExecute(await evidence());
    const before = target.requests.length;
    const replays = await Promise.all(Array.from({ length: 3 }, () => execute(wish)));
    const states = replays.map(({ state }) => state);
    expect(states.toSorted((a, b) => a.localeCompare(b))).toEqual(['rejected', 'rejected', 'succeeded']);
    for (const { rejection } of replays.filter(({ state }) => state === 'rejected'))
      expect(rejection?.codes).toContain('approval_used');
    expect(performedSince(before)).toEqual(APPROVED);
  });

  it('settle-use - nobody decides their own request, and what is not approved starts nothing', async () => {
    const { id: dryRunId, artifactId } = await world.dryRun((await evidence()).id);
    const { id: approvalId } = await world.requestApproval(dryRunId);
    const before = target.requests.length;
    const wish: Wish = { mode: 'execute', artifactId, dryRunId, approvalId };
    const decide = (person: 'operator' | 'viewer' | 'approver', decision: string) =>
      world.as(person).call(`POST`, `approvals/${approvalId}/decisions`, { decision, reason: 'My reason' });
    expect(await decide('operator', 'approve')).toMatchObject({ status: 403, body: { code: 'self_approval' } });
    expect(await decide('viewer', 'approve')).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect(await execute(wish)).toMatchObject({ state: 'rejected', rejection: { code: 'approval_pending' } });
    expect(await decide('approver', 'deny')).toMatchObject({ status: 200, body: { state: 'denied' } });
    expect(await decide('approver', 'approve')).toMatchObject({ status: 409, body: { code: 'approval_not_pending' } });
    expect(await execute(wish)).toMatchObject({ state: 'rejected', rejection: { code: 'approval_denied' } });
    expect(target.requests.slice(before)).toEqual([]);
  });

  it('settle-use - a revoked approval, or one of another person or another plan, starts nothing', async () => {
    const wish = await world.readyToExecute(await evidence());
    const other = await world.readyToExecute(await evidence());
    const before = target.requests.length;
    const swapped = await execute({ ...wish, approvalId: other.approvalId });
    expect(swapped).toMatchObject({ state: 'rejected', rejection: { code: 'approval_scope_mismatch' } });

    const { org } = world.connection;
    const { id: userId } = await world.as('approver2').get<{ id: string }>('me');
    await world.as('admin').post(`orgs/${org.id}/members`, { userId, role: 'operator' });
    const asked = await world.until(
      () => world.as('approver2').call<Replay>('POST', 'replays', { reason: 'Mine now', ...wish }),
      ({ status }) => expect(status).toBe(202),
    );
    expect(await world.ended(asked.body.id)).toMatchObject({
      state: 'rejected',
      rejection: { codes: expect.arrayContaining(['approval_requester_mismatch']) },
    });

    await world.as('approver').post(`approvals/${wish.approvalId}/revoke`, { reason: 'Not now' });
    expect(await execute(wish)).toMatchObject({ state: 'rejected', rejection: { code: 'approval_revoked' } });
    expect(target.requests.slice(before)).toEqual([]);
  });
});
