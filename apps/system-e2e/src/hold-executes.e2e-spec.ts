import type { Artifact, Replay, Verdict } from '@reenact/contracts';
import { type LocalWorld, startLocalWorld } from './harness/local-world.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { World } from './harness/world.js';

const spec = ticketPipeline('orders');

let local: LocalWorld;
let world: World;
let target: RecordingTarget;
let artifact: Artifact;
let environmentId: string;

beforeAll(async () => {
  local = await startLocalWorld();
  world = local.world;
  target = await RecordingTarget.start();
  environmentId = world.connection.environments.dev.id;
  await world.prepare(environmentId, spec, target);
  const agent = await SampleAgent.enrol(world, { id: environmentId, slug: 'dev' }, local.directory);
  artifact = await agent.fail({ spec, target, records: 4, done: 1 });
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await local?.close();
});

afterEach(() => turn('running'));

const turn = (state: string) =>
  world.as('admin').call('PUT', `environments/${environmentId}/execution`, { state, reason: 'The ticket server is down' });
const soon = () => new Date(Date.now() + 8_000).toISOString();
const read = (id: string) => world.as('operator').get<Replay>(`replays/${id}`);

describe('hold-executes', () => {
  it('hold-executes - a replay in a paused environment says what it waits for, and expires for that reason', async () => {
    await turn('paused');
    const { id } = await world.request({ artifactId: artifact.id, mode: 'execute', startBy: soon() });
    const waitingFor = {
      execution: 'paused',
      reason: 'The ticket server is down',
      remedy: expect.stringContaining('project admin'),
    };
    const { waitingFor: told } = await world.until(
      () => read(id),
      (replay) => expect(replay).toMatchObject({ state: 'dispatching', waitingFor }),
    );
    expect(told?.by.id).toMatch(/^usr_/);
    const { checks } = await world.as('operator').get<Verdict>(`replays/${id}/verdict`);
    expect(checks.at(-1)).toMatchObject({ name: 'start', outcome: 'pending', evidence: { waitingFor } });

    const { state, expiry, rejection } = await world.ended(id);
    // Whoever comes first at start-by ends it: the orchestrator's withdraw, or the runner that takes it up then.
    expect(['expired', 'rejected']).toContain(state);
    const detail = (expiry ?? rejection)?.detail;
    expect(detail).toContain(`(${told?.by.id}) paused the execution of the environment`);
    expect(detail).toContain('The ticket server is down');
  });

  it('hold-executes - where it is stopped nothing starts, and it is said who stopped it; there never is a plan', async () => {
    const before = target.requests.length;
    await turn('stopped');
    const { id } = await world.request({ artifactId: artifact.id, mode: 'execute' });
    const { rejection } = await world.ended(id);
    expect(rejection).toMatchObject({
      code: 'environment_frozen',
      detail: expect.stringMatching(
        /^\S.* \(usr_\w+\) stopped the execution of the environment at \S+: The ticket server is down\.$/,
      ),
      remedy: expect.stringContaining('project admin'),
    });
    expect(target.requests).toHaveLength(before);
    const late = await world.as('operator').call('POST', `replays/${id}/cancel`);
    expect(late.body).toMatchObject({ code: 'replay_ended', state: 'rejected' });

    await world.changePosture(environmentId, (posture) => Object.assign(posture.replay, { execute: 'deny' }));
    const denied = await world.ended((await world.request({ artifactId: artifact.id, mode: 'execute' })).id);
    for (const what of ['plan', 'report', 'actions']) {
      const { status, body } = await world.as('operator').call('GET', `replays/${denied.id}/${what}`);
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'replay_not_planned', state: 'rejected' } });
      expect(body).toMatchObject({ detail: expect.stringContaining('never will have one') });
    }
  });
});
