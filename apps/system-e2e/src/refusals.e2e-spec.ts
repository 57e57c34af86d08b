import { createHash } from 'node:crypto';
import { type Artifact, newId, type Page, type Replay } from '@reenact/contracts';
import { eventually } from '@reenact/testing';
import { type Answer, Api } from './harness/api.js';
import { type LocalWorld, startLocalWorld } from './harness/local-world.js';
import { RecordingTarget } from './harness/recording-target.js';
import { SampleAgent, ticketPipeline } from './harness/sample-agent.js';
import type { World } from './harness/world.js';

const MIB = 1024 * 1024;

let local: LocalWorld;
let world: World;
let target: RecordingTarget;
let agent: SampleAgent;
/** Evidence of `dev`, which can be replayed. */
let artifact: Artifact;

const spec = ticketPipeline('orders');

beforeAll(async () => {
  local = await startLocalWorld();
  world = local.world;
  target = await RecordingTarget.start();
  const environment = { id: world.connection.environments.dev.id, slug: 'dev' };
  await world.prepare(environment.id, spec, target);
  agent = await SampleAgent.enrol(world, environment, local.directory);
  artifact = await agent.fail({ spec, target, records: 4, done: 1 });
}, 180_000);

afterAll(async () => {
  await target?.stop();
  await local?.close();
});

/** All that a refused call could have changed, as far as a user can see. */
async function everything() {
  const operator = world.as('operator');
  const { org, project, environments } = world.connection;
  const count = async (path: string) =>
    (await operator.get<Page<unknown>>(`${path}${path.includes('?') ? '&' : '?'}limit=200`)).items.length;
  return {
    artifacts: await count('artifacts'),
    replays: await count('replays'),
    approvals: await count('approvals'),
    environments: await count(`orgs/${org.id}/projects/${project.id}/environments`),
    targets: await count(`environments/${environments.dev.id}/targets`),
    agents: await count(`environments/${environments.dev.id}/agents`),
    posture: await operator.get(`environments/${environments.dev.id}/posture`),
    objects: world.objects(),
    requests: target.requests.length,
  };
}

/** Calls, expects the problem, and that nothing is as it was not before. */
async function refused(call: () => Promise<Answer>, status: number, code: string): Promise<Record<string, unknown>> {
  const before = await everything();
  const answer = await call();
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { code } });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(answer.body).toMatchObject({
    type: `https://reenact.dev/problems/${code}`,
    title: expect.stringMatching(/\S/),
    status,
    code,
    instance: answer.headers.get('x-request-id'),
  });
  expect(answer.headers.get('x-request-id')).toMatch(/\S/);
  expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|\.js:|\bat [A-Z]/);
  expect(await everything()).toEqual(before);
  return answer.body as Record<string, unknown>;
}

const gateway = (token?: string) => new Api(world.connection.gatewayUrl, token);
const ingest = (token?: string) => new Api(world.connection.ingestUrl, token);
const wish = () => ({ artifactId: artifact.id, mode: 'dry_run', reason: 'Look into it' });

describe('refuse-callers', () => {
  it('refuse-callers - the operator API takes no call without a credential, and none of another kind', async () => {
    const { token } = await world.as('admin').post<{ token: string }>(`environments/${agent.environmentId}/enrolment-tokens`);
    const stranger = world.connection.tokens.operator.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const [credential, code] of [
      [undefined, 'credential_missing'],
      [agent.identity.apiKey, 'credential_kind_mismatch'],
      [token, 'credential_kind_mismatch'],
      [stranger, 'credential_invalid'],
      ['Let me in', 'credential_invalid'],
    ] as const) {
      await refused(() => gateway(credential).call('POST', 'replays', wish()), 401, code);
      await refused(() => gateway(credential).call('GET', `artifacts/${artifact.id}`), 401, code);
    }
  });

  it('refuse-callers - the agent API takes no call without a credential, and none of another kind', async () => {
    const heartbeat = { at: new Date().toISOString(), bootId: 'b', sequence: 1, status: 'ok' };
    const { token } = await world.as('admin').post<{ token: string }>(`environments/${agent.environmentId}/enrolment-tokens`);
    for (const [credential, code] of [
      [undefined, 'credential_missing'],
      [world.connection.tokens.admin, 'credential_kind_mismatch'],
      [token, 'credential_kind_mismatch'],
      [agent.identity.apiKey.replace(/.$/, (last) => (last === '0' ? '1' : '0')), 'credential_invalid'],
    ] as const) {
      const { agentId } = agent.identity;
      await refused(() => ingest(credential).call('POST', `agents/${agentId}/heartbeats`, heartbeat), 401, code);
      await refused(() => ingest(credential).call('POST', `agents/${agentId}/artifacts`, form('diagnostic', 'text')), 401, code);
    }
    const { org, project } = world.connection;
    const path = `orgs/${org.slug}/projects/${project.slug}/environments/dev/agents`;
    await refused(
      () => ingest(agent.identity.apiKey).call('POST', path, { nonce: 'a nonce of ours' }),
      401,
      'credential_kind_mismatch',
    );
    await refused(
      () => ingest(world.connection.tokens.admin).call('POST', path, { nonce: 'a nonce of ours' }),
      401,
      'credential_kind_mismatch',
    );
  });

  it('refuse-callers - a used enrolment token and a key of another agent open nothing', async () => {
    const { org, project } = world.connection;
    const path = `orgs/${org.slug}/projects/${project.slug}/environments/dev/agents`;
    const { token } = await world.as('admin').post<{ token: string }>(`environments/${agent.environmentId}/enrolment-tokens`);
    const other = await ingest(token).post<{ agentId: string; apiKey: string }>(path, { name: 'other', nonce: 'the first one' });
    await refused(() => ingest(token).call('POST', path, { name: 'third', nonce: 'the second one' }), 401, 'credential_used');
    const upload = () =>
      ingest(other.apiKey).call('POST', `agents/${agent.identity.agentId}/artifacts`, form('diagnostic', 'text'));
    await refused(upload, 403, 'agent_mismatch');
  });

  it('refuse-callers - a role too small is told which one it takes', async () => {
    const viewer = world.as('viewer');
    const body = await refused(() => viewer.call('POST', 'replays', wish()), 403, 'forbidden');
    expect(body).toMatchObject({ requiredRole: 'operator' });
    await refused(() => viewer.call('GET', `artifacts/${artifact.id}/content`), 403, 'forbidden');
    const slug = { slug: 'mine', name: 'Mine', tier: 'dev' };
    const { org, project } = world.connection;
    await refused(
      () => world.as('operator').call('POST', `orgs/${org.id}/projects/${project.id}/environments`, slug),
      403,
      'forbidden',
    );
    await refused(() => world.as('operator').call('GET', `orgs/${org.id}/audit/export`), 403, 'forbidden');
  });
});

describe('refuse-unknown-things', () => {
  it('refuse-unknown-things - an unknown id, a malformed one and one of another kind are the same 404', async () => {
    const operator = world.as('operator');
    for (const [path, kind] of [
      ['artifacts', 'artifact'],
      ['replays', 'replay'],
      ['approvals', 'approval'],
      ['incidents', 'incident'],
      ['agents', 'agent'],
      ['environments', 'environment'],
      ['pipeline-versions', 'version'],
    ] as const) {
      const bodies: unknown[] = [];
      for (const id of [newId(kind), 'nonsense', newId('key'), `${newId(kind)}x`]) {
        const { instance, ...body } = await refused(() => operator.call('GET', `${path}/${id}`), 404, 'not_found');
        expect(instance).toBeDefined();
        bodies.push(body);
      }
      expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    }
    await refused(() => operator.call('GET', 'no/such/path'), 404, 'not_found');
    await refused(() => operator.call('POST', `replays/${newId('replay')}/cancel`, {}), 404, 'not_found');
    await refused(() => operator.call('POST', 'replays', { ...wish(), artifactId: newId('artifact') }), 422, 'validation_failed');
    await refused(() => operator.call('POST', 'replays', { ...wish(), artifactId: 'nonsense' }), 422, 'validation_failed');
    await refused(
      () => agent.api.call('GET', `agents/${agent.identity.agentId}/artifacts/by-digest/sha256:${'0'.repeat(64)}`),
      404,
      'not_found',
    );
  });
});

describe('refuse-bodies', () => {
  it('refuse-bodies - what is not JSON, not an object, or has fields that nobody knows', async () => {
    const operator = world.as('operator');
    const { agentId } = agent.identity;
    const heartbeat = { at: new Date().toISOString(), bootId: 'b', sequence: 1, status: 'ok' };
    for (const { post, good } of [
      { post: (body: unknown) => operator.call('POST', 'replays', body), good: wish() },
      { post: (body: unknown) => agent.api.call('POST', `agents/${agentId}/heartbeats`, body), good: heartbeat },
    ]) {
      await refused(() => post('{"reason": '), 400, 'malformed_json');
      await refused(() => post('{"__proto__": {"x": 1}, "reason": "\ud800"}x'), 400, 'malformed_json');
      await refused(() => post('[]'), 422, 'validation_failed');
      const { errors } = await refused(() => post({ ...good, surprise: 1 }), 422, 'validation_failed');
      expect(errors).toEqual(
        expect.arrayContaining([{ path: expect.stringContaining('surprise'), message: expect.any(String) }]),
      );
    }
    await refused(() => operator.call('POST', 'replays', { ...wish(), mode: 'pretend' }), 422, 'validation_failed');
    await refused(() => operator.call('GET', 'artifacts?colour=red'), 400, 'unknown_query_parameter');
    await refused(() => operator.call('GET', 'artifacts?limit=0'), 400, 'invalid_query_parameter');
    await refused(
      () => operator.call('POST', 'replays', 'reason=x', { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported_media_type',
    );
  });

  it('refuse-bodies - what is larger than 4 MiB', async () => {
    const large = { ...wish(), reason: 'x'.repeat(4 * MIB) };
    await refused(() => world.as('operator').call('POST', 'replays', large), 413, 'body_too_large');
    const heartbeat = { at: new Date().toISOString(), bootId: 'x'.repeat(4 * MIB), sequence: 1, status: 'ok' };
    await refused(() => agent.api.call('POST', `agents/${agent.identity.agentId}/heartbeats`, heartbeat), 413, 'body_too_large');
  });
});

/** An upload as a form. */
function form(type: string, content: string | Uint8Array<ArrayBuffer>, fields: Record<string, string> = {}): FormData {
  const data = new FormData();
  const capturedAt = type === 'incident_bundle' ? artifact.capturedAt : new Date().toISOString();
  for (const [name, value] of Object.entries({ type, capturedAt, ...fields })) data.append(name, value);
  data.append('file', new Blob([content]), 'artifact');
  return data;
}

describe('refuse-uploads', () => {
  const upload = (body: FormData) => agent.api.call('POST', `agents/${agent.identity.agentId}/artifacts`, body);

  it('refuse-uploads - a text file as bundle, a torn bundle, a lying digest', async () => {
    await refused(() => upload(form('incident_bundle', 'I am a text file.\n')), 415, 'artifact_type_mismatch');
    const bundle = await world
      .as('operator')
      .call<string>('GET', `artifacts/${artifact.id}/content`, undefined, { range: 'bytes=0-0' });
    expect(bundle.status).toBe(206);
    const bytes = await contentOf(artifact.id);
    await refused(() => upload(form('incident_bundle', bytes.subarray(0, bytes.length - 64))), 422, 'artifact_malformed');
    const sha256 = `sha256:${'0'.repeat(64)}`;
    await refused(() => upload(form('diagnostic', 'text', { sha256 })), 422, 'digest_mismatch');
    await refused(() => upload(form('love_letter', 'text')), 422, 'validation_failed');
    await refused(() => upload(form('incident_bundle', bytes, { specHash: sha256 })), 422, 'metadata_conflict');
    const noForm = () => agent.api.call('POST', `agents/${agent.identity.agentId}/artifacts`, '{}');
    await refused(noForm, 415, 'unsupported_media_type');
  });

  it("refuse-uploads - another agent's bundle", async () => {
    const environment = { id: agent.environmentId, slug: 'dev' };
    const other = await SampleAgent.enrol(world, environment, local.directory);
    const bytes = await contentOf(artifact.id);
    const steal = () => other.api.call('POST', `agents/${other.identity.agentId}/artifacts`, form('incident_bundle', bytes));
    await refused(steal, 422, 'artifact_identity_mismatch');
  });

  it('refuse-uploads - more than 64 MiB', async () => {
    const large = new Uint8Array(64 * MIB + 1).fill(0x61);
    await refused(() => upload(form('diagnostic', large)), 413, 'artifact_too_large');
  });

  it('refuse-uploads - and takes the same bytes again as what they are', async () => {
    const bytes = await contentOf(artifact.id);
    const sha256 = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const before = await everything();
    const again = await agent.api.call<{ artifact: Artifact; deduplicated: boolean }>(
      'POST',
      `agents/${agent.identity.agentId}/artifacts`,
      form('incident_bundle', bytes, { sha256 }),
    );
    expect(again).toMatchObject({ status: 200, body: { deduplicated: true, artifact: { id: artifact.id, sha256 } } });
    expect(await everything()).toEqual(before);
  });
});

async function contentOf(artifactId: string): Promise<Uint8Array<ArrayBuffer>> {
  const { gatewayUrl, tokens } = world.connection;
  const response = await fetch(`${gatewayUrl}/api/v1/artifacts/${artifactId}/content`, {
    headers: { authorization: `Bearer ${tokens.operator}` },
  });
  return new Uint8Array(await response.arrayBuffer());
}

describe('reject-replays', () => {
  /** Asks for a replay, expects a rejection with the code and its remedy, and that the target saw nothing. */
  async function rejected(asked: Parameters<World['request']>[0], code: string): Promise<Replay> {
    const requests = target.requests.length;
    const replay = await world.ended((await world.request(asked)).id);
    expect(replay).toMatchObject({
      state: 'rejected',
      rejection: {
        codes: expect.arrayContaining([code]),
        detail: expect.stringMatching(/\S/),
        remedy: expect.stringMatching(/\S/),
      },
    });
    expect(replay.rejection?.code).toBe(replay.rejection?.codes[0]);
    expect(target.requests.length).toBe(requests);
    return replay;
  }

  it('reject-replays - a bundle whose spec hash no version has', async () => {
    const unknown = await agent.fail({ spec: ticketPipeline('never-registered'), target, records: 2, done: 0 });
    const { checks } = await rejected({ artifactId: unknown.id }, 'spec_hash_unresolved');
    expect(checks.find(({ name }) => name === 'version')).toMatchObject({ outcome: 'failed', code: 'spec_hash_unresolved' });
  });

  it('reject-replays - what the posture of now denies, and says so', async () => {
    const { environmentId } = agent;
    const { id: dryRunId, endedAt = '' } = await world.dryRun(artifact.id);
    const open = await world.as('admin').get<object>(`environments/${environmentId}/posture`);
    const execute = { artifactId: artifact.id, mode: 'execute', dryRunId } as const;
    const hour = 3_600_000;
    const now = Date.now();
    const freeze = { from: new Date(now - hour).toISOString(), to: new Date(now + hour).toISOString(), reason: 'Stock-taking' };
    for (const [change, asked, code] of [
      [
        { replay: { dryRun: 'deny', execute: 'allow', otherVersion: 'allow' } },
        { artifactId: artifact.id },
        'posture_denies_dry_run',
      ],
      [{ replay: { dryRun: 'allow', execute: 'deny', otherVersion: 'allow' } }, execute, 'posture_denies_execute'],
      [{ replay: { dryRun: 'allow', execute: 'dry_run_only', otherVersion: 'allow' } }, execute, 'posture_denies_execute'],
      [{ replay: { dryRun: 'allow', execute: 'require_approval', otherVersion: 'allow' } }, execute, 'approval_missing'],
      [{ capabilities: { 'http:tickets': 'deny' } }, execute, 'capability_denied'],
      [{ capabilities: { 'http:*': 'deny', 'http:other': 'allow' } }, execute, 'capability_denied'],
      [{ capabilities: { '*': 'require_approval' } }, execute, 'approval_missing'],
      // The plan of now says otherwise of its capability than the one that was dry-run.
      [{ capabilities: { 'http:tickets': 'require_approval' } }, execute, 'plan_mismatch'],
      [{ freezes: [freeze] }, execute, 'environment_frozen'],
      [{ requireDryRun: true }, { artifactId: artifact.id, mode: 'execute' }, 'dry_run_missing'],
      [{ dryRunMaxAge: 'PT1S', requireDryRun: true }, execute, 'dry_run_stale'],
    ] as const) {
      await world.changePosture(environmentId, (posture) => Object.assign(posture, structuredClone(open), change));
      if (code === 'dry_run_stale') await olderThan(endedAt, 1_000);
      await rejected(asked, code);
    }
    await world.changePosture(environmentId, (posture) => Object.assign(posture, open));
    const { state } = await world.ended((await world.request(execute)).id);
    expect(state).toBe('succeeded');
  });

  it('reject-replays - a changed target, a removed one, and names of things that do not fit', async () => {
    const { id: dryRunId } = await world.dryRun(artifact.id);
    const execute = { artifactId: artifact.id, mode: 'execute', dryRunId } as const;
    const { items } = await world
      .as('admin')
      .get<Page<{ id: string; url: string; revision: number }>>(`environments/${agent.environmentId}/targets`);
    const [{ id, url, revision }] = items;
    const change = await world.as('admin').call('PATCH', `targets/${id}`, { url: `${url}v2/` }, { 'if-match': `"${revision}"` });
    expect(change.status).toBe(200);
    await rejected(execute, 'target_changed');
    expect((await world.as('admin').call('DELETE', `targets/${id}`)).status).toBe(204);
    await rejected(execute, 'target_unknown');
    await rejected({ ...execute, dryRunId: newId('replay') }, 'dry_run_missing');
    const { versionId } = await world.as('operator').get<Replay>(`replays/${dryRunId}`);
    await world.as('admin').post(`pipeline-versions/${versionId}/retire`);
    await rejected({ artifactId: artifact.id }, 'version_retired');
  });
});

/** Resolves when that much time has gone by since. */
async function olderThan(time: string, ageMs: number): Promise<void> {
  await eventually(() => expect(Date.now() - Date.parse(time)).toBeGreaterThan(ageMs));
}
