import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  addMember,
  type Approval,
  type ChangedPosture,
  changePosture,
  decideApproval,
  decidePostureChange,
  issueEnrolmentToken,
  listApprovals,
  listOrganisations,
  locateResource,
  type Membership,
  newId,
  type PlanHeader,
  type PostureChange,
  readAccess,
  readApproval,
  readCredential,
  readPlanPage,
  readPosture,
  referArtifactContent,
  referArtifactEntry,
  referPlan,
  referReport,
  requestReplay,
  resolvePath,
  sha256,
} from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { openObjectStore } from '@reenact/object-store';
import type { RunningService } from '@reenact/service-kit';
import {
  answering,
  type TestDatabase,
  type TestNats,
  type TestResponder,
  temporaryDirectory,
  testDatabase,
  testNats,
  testResponder,
} from '@reenact/testing';
import { ROLES_FOR } from './domain/permission.js';
import { type BootstrapUser, type GatewayConfig, startGateway } from './index.js';
import { RouteTable } from './routes/route-table.js';

const ORG = newId('organisation');
const PROJECT = newId('project');
const ENVIRONMENT = newId('environment');
const ARTIFACT = newId('artifact');
const APPROVAL = newId('approval');
const OTHER_ENVIRONMENT = newId('environment');
/** What a path may name, by parameter. */
const PARAMETERS: Record<string, string> = {
  o: 'acme',
  p: 'shop',
  e: 'prod',
  name: 'triage',
  index: '0',
  environmentId: ENVIRONMENT,
  artifactId: ARTIFACT,
  approvalId: APPROVAL,
  replayId: newId('replay'),
  targetId: newId('target'),
  agentId: newId('agent'),
  versionId: newId('version'),
  incidentId: newId('incident'),
  escalationId: newId('escalation'),
  changeId: newId('postureChange'),
};
const KNOWN = new Set(Object.values(PARAMETERS));

const PLAN = { planDigest: sha256('plan'), header: { v: 1 } as PlanHeader };
const ACTION = { index: 0, path: '/of/ada', headers: { 'x-person': 'ada' }, payloadSha256: sha256('ada') };
const REPORT = {
  stages: [{ id: 'notify', in: 1, out: 0, errors: 1, firstError: { offset: 1, code: 'target_unusable', message: 'ada' } }],
};

const user = (name: string): BootstrapUser => ({
  id: newId('user'),
  name,
  email: `${name}@example.com`,
  token: generateSecret('api_token', newId('token'), randomBytes(32)),
  installationAdmin: name === 'admin',
});

describe('gateway', () => {
  const people = {
    admin: user('admin'),
    operator: user('operator'),
    approver: user('approver'),
    viewer: user('viewer'),
    nobody: user('nobody'),
  };
  const roles: Record<string, Membership['role']> = {
    [people.admin.id]: 'org_admin',
    [people.operator.id]: 'operator',
    [people.approver.id]: 'approver',
    [people.viewer.id]: 'viewer',
  };
  const asked: { subject: string; request: object }[] = [];
  const files = temporaryDirectory('gateway');
  let database: TestDatabase;
  let nats: TestNats;
  let responder: TestResponder;
  let gateway: RunningService;
  let config: GatewayConfig;

  const call = async (
    method: string,
    path: string,
    options: { as?: keyof typeof people; token?: string; body?: unknown; text?: string; headers?: object } = {},
  ) => {
    const { as, token = as && people[as].token, body, text } = options;
    const response = await fetch(`${gateway.url}/api/v1/${path}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...((body !== undefined || text !== undefined) && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      body: text ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const answer = await response.text();
    return { status: response.status, headers: response.headers, text: answer, json: parse(answer) };
  };

  beforeAll(async () => {
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
    const locate = (id: string) => {
      if (id === OTHER_ENVIRONMENT) return { id, orgId: newId('organisation'), projectId: newId('project') };
      return KNOWN.has(id) ? { id, orgId: ORG, projectId: PROJECT, environmentId: ENVIRONMENT } : null;
    };
    const bytes = Buffer.from('0123456789');
    const store = await openObjectStore({ kind: 'file', directory: files.path });
    await store.put('blobs/x', bytes);
    await store.put('blobs/packed', gzipSync(bytes));
    const [plan, report] = [Buffer.from(`${JSON.stringify(ACTION)}\n`.repeat(3)), Buffer.from(JSON.stringify(REPORT))];
    await store.put('plan', plan);
    await store.put('report', report);
    const noted = <A>(subject: string, request: object, answer: A) => {
      asked.push({ subject, request });
      return answer;
    };
    responder = await testResponder(nats.url, [
      ...Object.values(locateResource).map((contract) => answering(contract, ({ id }) => ({ scope: locate(id) }))),
      answering(readAccess, ({ userId }) => ({
        memberships: roles[userId] ? [{ userId, role: roles[userId], orgId: ORG, createdAt: '2026-01-01T00:00:00.000Z' }] : [],
      })),
      answering(resolvePath, ({ organisation, project, environment }) =>
        organisation === 'acme'
          ? { orgId: ORG, ...(project && { projectId: PROJECT }), ...(environment && { environmentId: ENVIRONMENT }) }
          : {},
      ),
      answering(addMember, (request) => ({ ...request, createdAt: '2026-01-01T00:00:00.000Z' })),
      answering(listOrganisations, () => ({ items: [], nextCursor: null })),
      answering(issueEnrolmentToken, (request) =>
        noted('enrolment', request, { id: newId('enrolment'), token: 'rnt_enr_secret', expiresAt: '2026-01-01T00:00:00.000Z' }),
      ),
      answering(readPosture, () => ({
        environmentId: ENVIRONMENT,
        revision: 7,
        posture: { tier: 'prod' } as never,
        changedAt: '',
      })),
      answering(changePosture, ({ ifRevision, posture }) => {
        const { state } = posture as Pick<ChangedPosture, 'state'>;
        const now = { environmentId: ENVIRONMENT, revision: ifRevision + Number(state === 'applied'), changedAt: '' };
        return {
          ...now,
          posture: { tier: 'prod' } as never,
          state,
          ...(state === 'pending' && { changeId: PARAMETERS.changeId }),
        };
      }),
      answering(decidePostureChange, ({ decision }) => {
        const state = decision === 'confirm' ? 'confirmed' : 'refused';
        return { id: PARAMETERS.changeId, state, baseRevision: 7 } as PostureChange;
      }),
      // One a page, of the revision that its cursor names.
      answering(listApprovals, ({ state, cursor = '6' }) => ({
        items: [{ id: `${state}-${cursor}`, postureRevision: Number(cursor) } as Approval],
        nextCursor: cursor === '8' ? null : String(Number(cursor) + 1),
      })),
      answering(readCredential, ({ format }) => ({
        envelope: { payloadType: 't', payload: '', signatures: [] },
        ...(format === 'compact-v1' && { compact: 'head.signature' }),
      })),
      answering(readApproval, () => ({ id: APPROVAL, requestedBy: { kind: 'user', id: people.operator.id } }) as never),
      answering(decideApproval, (request) => noted('decide', request, { id: APPROVAL, state: 'approved' } as never)),
      answering(requestReplay, (request) => noted('replay', request, { id: newId('replay') } as never)),
      answering(referArtifactEntry, ({ path }) => {
        const place = { key: 'blobs/packed', size: 4, unpackedRange: { start: 3, end: 7 }, mediaType: 'text/plain' };
        return { ...place, sha256: sha256(path === 'a.log' ? '3456' : 'other') };
      }),
      answering(readPlanPage, () => ({ ...PLAN, items: [ACTION], nextCursor: null })),
      answering(referPlan, () => ({ ...PLAN, actions: { key: 'plan', size: plan.length, mediaType: 'application/x-ndjson' } })),
      answering(referReport, () => ({ key: 'report', size: report.length, mediaType: 'application/json' })),
      answering(referArtifactContent, () => ({ key: 'blobs/x', size: bytes.length, mediaType: 'application/x-tar' })),
    ]);
    config = {
      host: '127.0.0.1',
      port: 0,
      nats: { url: nats.url },
      database: { url: database.url, poolSize: 4 },
      logLevel: 'silent',
      objectStore: { kind: 'file', directory: files.path },
      bootstrapUsers: Object.values(people),
    };
    gateway = await startGateway(config);
  });

  afterAll(async () => {
    await gateway?.stop();
    await responder?.close();
    await Promise.all([database?.drop(), nats?.close()]);
    files.remove();
  });

  it('authenticate-caller - tells what is wrong with a credential', async () => {
    expect(await call('GET', 'me')).toMatchObject({ status: 401, json: { code: 'credential_missing' } });
    expect(await call('GET', 'me', { token: 'rnt_pat_nonsense' })).toMatchObject({
      status: 401,
      json: { code: 'credential_invalid' },
    });
    const unknown = generateSecret('api_token', newId('token'), randomBytes(32));
    expect(await call('GET', 'me', { token: unknown })).toMatchObject({ status: 401, json: { code: 'credential_invalid' } });
    const agentKey = generateSecret('agent_key', newId('key'), randomBytes(32));
    const mismatch = await call('GET', 'me', { token: agentKey });
    expect(mismatch).toMatchObject({ status: 401, json: { code: 'credential_kind_mismatch' } });
    expect(mismatch.headers.get('www-authenticate')).toContain('Bearer');
    expect(mismatch.headers.get('content-type')).toContain('application/problem+json');
    expect(await call('GET', 'me', { as: 'operator' })).toMatchObject({ status: 200, json: { id: people.operator.id } });
  });

  it('permission - 404 for what may not be seen, malformed or absent; 403 with the role for what may', async () => {
    for (const id of [OTHER_ENVIRONMENT, newId('environment'), ARTIFACT, 'env_nonsense', 'x']) {
      expect(await call('GET', `environments/${id}/posture`, { as: 'operator' })).toMatchObject({
        status: 404,
        json: { code: 'not_found' },
      });
    }
    expect(await call('GET', `environments/${ENVIRONMENT}/posture`, { as: 'nobody' })).toMatchObject({ status: 404 });
    expect(await call('POST', `environments/${ENVIRONMENT}/enrolment-tokens`, { as: 'operator', body: {} })).toMatchObject({
      status: 403,
      json: {
        code: 'forbidden',
        requiredRole: 'project_admin',
        remedy: 'Somebody with the role project_admin or org_admin can',
      },
    });
    expect(asked.filter(({ subject }) => subject === 'enrolment')).toEqual([]);
    expect(await call('POST', `environments/${ENVIRONMENT}/enrolment-tokens`, { as: 'admin' })).toMatchObject({ status: 201 });
    expect(await call('GET', `artifacts/${ARTIFACT}/content`, { as: 'viewer' })).toMatchObject({ status: 403 });
  });

  it('permission - every route refuses each role that its row does not name, and hides from those who have none', async () => {
    const judged = gateway.app.get(RouteTable).routes.flatMap(({ method, path, place }) => {
      if (!('need' in place) || (place.kind === 'resource' && place.judgedBy === 'handler')) return [];
      const filled = path.replace(/:(\w+)/g, (_, name: string) => PARAMETERS[name]).replace('*', 'x');
      return [{ method, path: `${filled}${place.kind === 'organisation' ? `?orgId=${ORG}` : ''}`, place }];
    });
    expect(judged.map(({ path }) => path).filter((path) => path.includes('undefined'))).toEqual([]);
    for (const { method, path, place } of judged) {
      for (const as of ['admin', 'operator', 'approver', 'viewer', 'nobody'] as const) {
        const role = roles[people[as].id];
        if (role && ROLES_FOR[place.need].includes(role)) continue;
        const hidden = role === undefined && place.kind !== 'body';
        const { status, json } = await call(method, path, { as });
        const refusal = hidden ? [404, 'not_found', undefined] : [403, 'forbidden', ROLES_FOR[place.need][0]];
        expect([method, path, as, status, json.code, json.requiredRole]).toEqual([method, path, as, ...refusal]);
      }
    }
  });

  it('permission - is judged before the body is read', async () => {
    const text = '{ not json';
    expect(await call('POST', 'replays', { text })).toMatchObject({ status: 401 });
    expect(await call('POST', 'replays', { text, as: 'viewer' })).toMatchObject({ status: 403 });
    expect(await call('POST', 'replays', { text, as: 'operator' })).toMatchObject({
      status: 400,
      json: { code: 'malformed_json' },
    });
    const large = `"${'x'.repeat(4 * 1024 * 1024)}"`;
    expect(await call('POST', 'replays', { text: large, as: 'operator' })).toMatchObject({
      status: 413,
      json: { code: 'body_too_large' },
    });
  });

  it('read-query - refuses unknown and wrong parameters', async () => {
    expect(await call('GET', 'orgs?color=red', { as: 'viewer' })).toMatchObject({
      status: 400,
      json: { code: 'unknown_query_parameter' },
    });
    for (const query of ['limit=0', 'limit=201', 'limit=abc', 'limit=1&limit=2']) {
      expect(await call('GET', `orgs?${query}`, { as: 'viewer' })).toMatchObject({
        status: 400,
        json: { code: 'invalid_query_parameter' },
      });
    }
    expect(await call('GET', 'replays?state=foo', { as: 'viewer' })).toMatchObject({
      status: 400,
      json: { detail: expect.stringMatching(/^state must be one of/), parameter: 'state' },
    });
    expect(await call('GET', 'orgs?limit=5', { as: 'viewer' })).toMatchObject({ status: 200 });
  });

  it('request-replay - refuses wrong, unknown and stolen fields and what the caller may not see', async () => {
    const good = { artifactId: ARTIFACT, mode: 'dry_run', reason: 'look' };
    const paths = async (body: object) => {
      const answer = await call('POST', 'replays', { as: 'operator', body });
      expect(answer.status).toBe(422);
      return (answer.json.errors as { path: string }[]).map(({ path }) => path);
    };
    expect(await paths({ ...good, artifactId: newId('artifact') })).toEqual(['/artifactId']);
    expect(await paths({ ...good, artifactId: 'nonsense' })).toEqual(['/artifactId']);
    expect(await paths({ ...good, mode: 'maybe', extra: 1 })).toEqual(expect.arrayContaining(['/mode', '/extra']));
    expect(await paths({ ...good, idempotency: {} })).toEqual(['/idempotency']);
    const answer = await call('POST', 'replays', { as: 'operator', body: good, headers: { 'idempotency-key': 'k1' } });
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toMatch(/^\/api\/v1\/replays\/rpl_/);
    expect(asked.at(-1)?.request).toMatchObject({ ...good, idempotency: { caller: people.operator.id, key: 'k1' } });
  });

  it('request-approval - names every field that is missing, and the one that the action needs', async () => {
    const ask = async (path: string, body: object, as: 'operator' | 'approver' = 'operator') => {
      const { json } = await call('POST', path, { as, body });
      return [json.code, ((json.errors ?? []) as { path: string }[]).map((error) => error.path).sort()];
    };
    expect(await ask('approvals', {})).toEqual(['validation_failed', ['/action', '/reason', '/ttl']]);
    expect(await ask('replays', {})).toEqual(['validation_failed', ['/artifactId', '/mode', '/reason']]);
    expect(await ask('incidents', {})).toEqual(['validation_failed', ['/environmentId', '/severity', '/title']]);
    const wanted = { ttl: 'PT1H', reason: 'fine' };
    expect(await ask('approvals', { ...wanted, action: 'replay_execute' })).toEqual(['validation_failed', ['/dryRunId']]);
    expect(await ask('approvals', { ...wanted, action: 'replay_dry_run' })).toEqual(['validation_failed', ['/artifactId']]);
    expect(await ask('approvals', {}, 'approver')).toEqual(['forbidden', []]);
  });

  it("record-decision - refuses one's own request before it speaks of roles", async () => {
    const body = { decision: 'approve', reason: 'fine' };
    const path = `approvals/${APPROVAL}/decisions`;
    expect(await call('POST', path, { as: 'operator', body })).toMatchObject({ status: 403, json: { code: 'self_approval' } });
    expect(await call('POST', path, { as: 'viewer', body })).toMatchObject({
      status: 403,
      json: { code: 'forbidden', requiredRole: 'approver' },
    });
    expect(asked.filter(({ subject }) => subject === 'decide')).toEqual([]);
    expect(await call('POST', path, { as: 'approver', body })).toMatchObject({ status: 200 });
  });

  it('change-member - gives roles to people that exist', async () => {
    const give = (userId: string) => call('POST', 'orgs/acme/members', { as: 'admin', body: { userId, role: 'viewer' } });
    expect(await give(newId('user'))).toMatchObject({ status: 422, json: { errors: [{ path: '/userId' }] } });
    expect(await give('nonsense')).toMatchObject({ status: 422, json: { errors: [{ path: '/userId' }] } });
    expect(await give(people.nobody.id)).toMatchObject({ status: 201, json: { userId: people.nobody.id } });
    expect(await call('POST', 'orgs/acme/members', { as: 'operator', body: {} })).toMatchObject({ status: 403 });
  });

  it('change-posture - needs If-Match', async () => {
    const path = `environments/${ENVIRONMENT}/posture`;
    const read = await call('GET', path, { as: 'viewer' });
    expect(read.headers.get('etag')).toBe('"7"');
    expect(await call('PUT', path, { as: 'admin', body: read.json })).toMatchObject({
      status: 428,
      json: { code: 'precondition_required' },
    });
    expect(await call('PUT', path, { as: 'admin', body: read.json, headers: { 'if-match': '7' } })).toMatchObject({
      status: 412,
      json: { remedy: 'Send If-Match: "<revision>" with its quotes, as ETag has it' },
    });
  });

  it('switch-execution - needs a reason', async () => {
    const path = `environments/${ENVIRONMENT}/execution`;
    expect(await call('PUT', path, { as: 'admin', body: { state: 'paused', reason: '' } })).toMatchObject({
      status: 422,
      json: { errors: [{ path: '/reason' }] },
    });
  });

  it('change-posture - names the approvals that a change voids: at once, once it is confirmed, and when it is', async () => {
    const path = `environments/${ENVIRONMENT}/posture`;
    const put = (state: string) =>
      call('PUT', path, { as: 'admin', body: { state }, headers: { 'if-match': '"7"' } }).then(({ json }) => json);
    const older = ['approved-6', 'approved-7', 'pending-6', 'pending-7'];
    expect(await put('applied')).toMatchObject({ revision: 8, voidsApprovals: expect.arrayContaining(older) });
    expect(await put('pending')).toMatchObject({ state: 'pending', voidsApprovals: expect.arrayContaining(older) });
    expect(await put('unchanged')).toMatchObject({ voidsApprovals: [] });
    const decided = (decision: string) =>
      call('POST', `${path}/changes/${PARAMETERS.changeId}/decisions`, { as: 'approver', body: { decision } });
    const confirmed = (await decided('confirm')).json.voidsApprovals as string[];
    expect(confirmed.toSorted((a, b) => a.localeCompare(b))).toEqual(older);
    expect((await decided('refuse')).json).toMatchObject({ state: 'refused', voidsApprovals: [] });
  });

  it('read-credential - as an envelope, or as compact text', async () => {
    const path = `approvals/${APPROVAL}/credential`;
    const envelope = await call('GET', path, { as: 'viewer' });
    expect([envelope.status, envelope.json]).toEqual([200, { payloadType: 't', payload: '', signatures: [] }]);
    const compact = await call('GET', `${path}?format=compact-v1`, { as: 'viewer' });
    expect([compact.status, compact.text]).toEqual([200, 'head.signature']);
    expect(compact.headers.get('content-type')).toMatch(/^text\/plain/);
    const unknown = await call('GET', `${path}?format=jwt`, { as: 'viewer' });
    expect(unknown).toMatchObject({ status: 400, json: { code: 'invalid_query_parameter' } });
  });

  it('stream-content - sends the stored bytes, whole and in ranges', async () => {
    const path = `artifacts/${ARTIFACT}/content`;
    const whole = await call('GET', path, { as: 'operator' });
    expect([whole.status, whole.text, whole.headers.get('x-content-type-options')]).toEqual([200, '0123456789', 'nosniff']);
    const part = await call('GET', path, { as: 'operator', headers: { range: 'bytes=2-4' } });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '234', 'bytes 2-4/10']);
    expect(await call('GET', path, { as: 'operator', headers: { range: 'bytes=10-' } })).toMatchObject({ status: 416 });
  });

  it('stream-content - sends an entry of a compressed archive, whole and in ranges, and nothing of a damaged one', async () => {
    const path = `artifacts/${ARTIFACT}/entries/a.log`;
    const whole = await call('GET', path, { as: 'operator' });
    expect([whole.status, whole.text, whole.headers.get('content-length')]).toEqual([200, '3456', '4']);
    const part = await call('GET', path, { as: 'operator', headers: { range: 'bytes=1-2' } });
    expect([part.status, part.text, part.headers.get('content-range')]).toEqual([206, '45', 'bytes 1-2/4']);
    const damaged = await call('GET', `artifacts/${ARTIFACT}/entries/damaged`, { as: 'operator' });
    expect(damaged).toMatchObject({ status: 422, json: { code: 'artifact_malformed' } });
  });

  it('withhold-evidence - shows what quotes records to those who may open evidence only', async () => {
    const path = `replays/${PARAMETERS.replayId}`;
    const lines = { headers: { accept: 'application/x-ndjson' } };
    const seen = async (as: 'viewer' | 'operator') => ({
      page: (await call('GET', `${path}/plan`, { as })).json,
      lines: (await call('GET', `${path}/plan`, { as, ...lines })).text.trimEnd().split('\n').map(parse),
      report: (await call('GET', `${path}/report`, { as })).json,
    });
    expect(await seen('operator')).toEqual({
      page: { ...PLAN, items: [ACTION], nextCursor: null },
      lines: [PLAN, ACTION, ACTION, ACTION],
      report: REPORT,
    });
    const viewed = await seen('viewer');
    const { index, payloadSha256 } = ACTION;
    const action = { index, payloadSha256 };
    const withheld = ['headers', 'path', 'subject'];
    expect(viewed).toMatchObject({
      page: { ...PLAN, withheld, items: [action] },
      lines: [{ ...PLAN, withheld }, action, action, action],
      report: { stages: [{ id: 'notify', errors: 1, firstError: { offset: 1, code: 'target_unusable' } }] },
    });
    expect(JSON.stringify(viewed)).not.toContain('ada');
  });

  it('issue-token - gives a subset of roles, shows the secret once, and can be revoked', async () => {
    expect(await call('POST', 'tokens', { as: 'viewer', body: { name: 'ci', roles: ['operator'] } })).toMatchObject({
      status: 422,
    });
    const issued = await call('POST', 'tokens', { as: 'operator', body: { name: 'ci' } });
    expect(issued.status).toBe(201);
    const { id, token } = issued.json as { id: string; token: string };
    expect(await call('GET', 'me', { token })).toMatchObject({ status: 200 });
    expect((await call('GET', 'tokens', { as: 'operator' })).text).not.toContain(token);
    expect(await call('DELETE', `tokens/${id}`, { as: 'viewer' })).toMatchObject({ status: 404 });
    expect(await call('DELETE', `tokens/${id}`, { as: 'operator' })).toMatchObject({ status: 204 });
    expect(await call('GET', 'me', { token })).toMatchObject({ status: 401, json: { code: 'credential_revoked' } });
  });

  it('describe-api - shows every route of the table, and every route asks for a credential', async () => {
    const document = (await (await fetch(`${gateway.url}/api/v1/openapi.json`)).json()) as { paths: Record<string, object> };
    const { routes } = gateway.app.get(RouteTable);
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const served = routes.map(
      ({ method, path }) => `${method} /api/v1/${path.replace(/:(\w+)/g, '{$1}').replace('*', '{path}')}`,
    );
    expect(described.sort()).toEqual(served.sort());
    for (const { method, path } of routes) {
      const filled = path.replace(/:\w+/g, 'x').replace('*', 'x');
      expect([method, path, (await call(method, filled)).status]).toEqual([method, path, 401]);
    }
  });

  it('a second start keeps tokens', async () => {
    await gateway.stop();
    gateway = await startGateway(config);
    expect(await call('GET', 'me', { as: 'approver' })).toMatchObject({ status: 200 });
  });
});

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
