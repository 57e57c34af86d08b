import {
  archiveEnvironment,
  createEnvironment,
  enrolAgent,
  issueEnrolmentToken,
  issueKey,
  limitArtifacts,
  listAgents,
  newId,
  newUuid,
  readAgent,
  recordKeyUses,
  recordReadings,
  revokeKey,
  setAgentState,
  sha256,
  verifyEnrolment,
  verifyKeys,
} from '@reenact/contracts';
import { parseSecret, secretHash } from '@reenact/credentials';
import { connectNats } from '@reenact/messaging';
import { asUser, eventually } from '@reenact/testing';
import { type Harness, startHarness } from './catalog.harness.js';

describe('catalog agents', () => {
  let h: Harness;
  let environmentId: string;
  let scope: { orgId: string; projectId: string; environmentId: string };
  beforeAll(async () => {
    h = await startHarness();
    const { organisation, project, environment } = await h.environment();
    environmentId = environment.id;
    scope = { orgId: organisation.id, projectId: project.id, environmentId };
  });
  afterAll(() => h?.stop());

  const token = async (ttl?: string) => (await h.call(issueEnrolmentToken, { environmentId, ...(ttl && { ttl }) })).token;
  const enrol = (secret: string, more: { name?: string; nonce?: string; labels?: Record<string, string> } = {}) =>
    h.call(enrolAgent, { tokenHash: secretHash(secret), environmentId, ...more });
  const outcomeOf = async (apiKey: string) => (await h.call(verifyKeys, { keyHashes: [secretHash(apiKey)] })).keys[0].outcome;

  it('issue-enrolment-token - stores no secret, not even for repeats', async () => {
    const caller = newId('user');
    const idempotency = { caller, route: 'POST enrolment-tokens', key: newUuid(), requestHash: sha256('a') };
    const first = await h.call(issueEnrolmentToken, { environmentId, idempotency }, asUser(caller));
    const second = await h.call(issueEnrolmentToken, { environmentId, idempotency }, asUser(caller));
    expect(parseSecret(first.token)).toEqual({ kind: 'enrolment_token', id: first.id });
    expect({ ...second, token: '' }).toEqual({ ...first, token: '' });
    const kept = JSON.stringify([
      await h.rows('select * from catalog.idempotency'),
      await h.rows('select * from catalog.enrolment'),
      await h.rows('select * from catalog.enrolment_secret'),
      await h.rows('select * from catalog.outbox'),
    ]);
    expect(kept).not.toContain(first.token.slice(-49));
    expect(kept).toContain(secretHash(first.token));
    await enrol(second.token);
    await expect(enrol(first.token)).rejects.toMatchObject({ code: 'credential_used' });
  });

  it('limit-artifacts - tells the limits of an environment with its keys and enrolments, and every change of them', async () => {
    const { project, environment } = await h.environment();
    const own = await h.call(createEnvironment, {
      projectId: project.id,
      slug: 'small',
      name: 'Small',
      tier: 'dev',
      artifactLimits: { maxBytes: 1_000 },
    });
    expect(own.artifactLimits).toEqual({ maxBytes: 1_000 });
    expect(environment).not.toHaveProperty('artifactLimits');
    const { token } = await h.call(issueEnrolmentToken, { environmentId: own.id });
    const enrolled = await h.call(enrolAgent, { tokenHash: secretHash(token), environmentId: own.id });
    expect(enrolled.artifactLimits).toEqual({ maxBytes: 1_000 });
    const limitsOf = async () => (await h.call(verifyKeys, { keyHashes: [secretHash(enrolled.apiKey)] })).keys[0].artifactLimits;
    expect(await limitsOf()).toEqual({ maxBytes: 1_000 });
    const changed = await h.call(limitArtifacts, { environmentId: own.id, maxEntries: 5, maxRatio: 10 });
    expect(changed).toEqual({ ...own, artifactLimits: { maxEntries: 5, maxRatio: 10 } });
    expect(await limitsOf()).toEqual({ maxEntries: 5, maxRatio: 10 });
    expect(await h.call(limitArtifacts, { environmentId: own.id })).not.toHaveProperty('artifactLimits');
    expect(await limitsOf()).toBeUndefined();
    await h.call(archiveEnvironment, { environmentId: own.id });
    const said = (await h.said(own.id)).filter(({ type }) => type.includes('.environment.'));
    expect(said.map(({ version, data }) => [version, data.artifactLimits])).toEqual([
      [1, undefined],
      [2, { maxBytes: 1_000 }],
      [3, { maxEntries: 5, maxRatio: 10 }],
      [4, {}],
      [5, undefined],
    ]);
    expect((await h.problem(limitArtifacts, { environmentId: own.id })).code).toBe('environment_archived');
    expect((await h.problem(limitArtifacts, { environmentId: newId('environment') })).code).toBe('not_found');
  });

  it('issue-enrolment-token - refuses a life above a day', async () => {
    expect((await h.problem(issueEnrolmentToken, { environmentId, ttl: 'P2D' })).code).toBe('validation_failed');
    expect((await h.problem(issueEnrolmentToken, { environmentId: newId('environment') })).code).toBe('not_found');
  });

  it('verify-enrolment - says what the enrolment would, and uses nothing up', async () => {
    const secret = await token();
    const verify = (text: string, nonce?: string) =>
      h.call(verifyEnrolment, { tokenHash: secretHash(text), ...(nonce !== undefined && { nonce }) });
    for (let n = 0; n < 2; n++) expect(await verify(secret)).toEqual({ environmentId });
    await enrol(secret, { nonce: 'a-nonce-of-mine' });
    await expect(verify(secret)).rejects.toMatchObject({ code: 'credential_used' });
    expect(await verify(secret, 'a-nonce-of-mine')).toEqual({ environmentId });
    await expect(verify('rnt_enr_nobody')).rejects.toMatchObject({ code: 'credential_invalid' });
    await h.rows("update catalog.enrolment set expires_at = now() - interval '1 second' where id = $1", [
      parseSecret(secret)?.id,
    ]);
    await expect(verify(secret, 'a-nonce-of-mine')).rejects.toMatchObject({ code: 'credential_expired' });
  });

  it('enrol-agent - answers a key that opens, once per token', async () => {
    const secret = await token();
    const { agentId, apiKey } = await enrol(secret, { name: 'triage', labels: { region: 'eu' } });
    const keyId = parseSecret(apiKey)?.id;
    expect(await h.call(verifyKeys, { keyHashes: [secretHash(apiKey), sha256('nothing')] })).toEqual({
      keys: [
        {
          keyHash: secretHash(apiKey),
          outcome: 'valid',
          keyId,
          agentId,
          ...scope,
          scopes: ['agent:heartbeat', 'agent:artifact_upload', 'agent:read_keys'],
        },
        { keyHash: sha256('nothing'), outcome: 'unknown' },
      ],
    });
    expect(await h.call(readAgent, { agentId })).toMatchObject({
      name: 'triage',
      labels: { region: 'eu' },
      state: 'active',
      keys: [{ id: keyId }],
      ...scope,
    });
    expect(await h.said(agentId)).toMatchObject([{ version: 1, actor: `agent:${agentId}`, data: { name: 'triage' } }]);
    await expect(enrol(secret)).rejects.toMatchObject({ code: 'credential_used' });
    await expect(enrol(secret, { nonce: 'nonce-nonce' })).rejects.toMatchObject({ code: 'credential_used' });
  });

  it('enrol-agent - the same token and nonce: the same agent, a fresh key', async () => {
    const secret = await token();
    const nonce = 'boot-0001';
    const first = await enrol(secret, { nonce, name: 'again' });
    const second = await enrol(secret, { nonce, name: 'again' });
    expect(second.agentId).toBe(first.agentId);
    expect(second.apiKey).not.toBe(first.apiKey);
    expect(await outcomeOf(first.apiKey)).toBe('valid');
    expect(await outcomeOf(second.apiKey)).toBe('valid');
    await expect(enrol(secret, { nonce: 'boot-0002' })).rejects.toMatchObject({ code: 'credential_used' });
  });

  it('enrol-agent - of many at once one wins, and equal names become unique', async () => {
    const secret = await token();
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => enrol(secret)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const secrets = await Promise.all(Array.from({ length: 5 }, () => token()));
    const agents = await Promise.all(secrets.map((each) => enrol(each, { name: 'twin' })));
    const names = await Promise.all(agents.map(async ({ agentId }) => (await h.call(readAgent, { agentId })).name));
    expect(names.sort()).toEqual(['twin', 'twin-2', 'twin-3', 'twin-4', 'twin-5']);
  });

  it('enrol-agent - refuses unknown, foreign and expired tokens', async () => {
    const { environment: other } = await h.environment();
    const secret = await token();
    const wrongPlace = { tokenHash: secretHash(secret), environmentId: other.id };
    expect((await h.problem(enrolAgent, wrongPlace)).code).toBe('credential_invalid');
    expect((await h.problem(enrolAgent, { tokenHash: sha256('x'), environmentId })).code).toBe('credential_invalid');
    await h.rows("update catalog.enrolment set expires_at = now() - interval '1 second' where agent_id is null");
    await expect(enrol(secret)).rejects.toMatchObject({ code: 'credential_expired' });
  });

  it('issue-key - two live keys, the oldest goes; revoke-key ends one at once', async () => {
    const first = await enrol(await token());
    const { agentId } = first;
    const second = await h.call(issueKey, { agentId, scopes: ['agent:heartbeat'] });
    expect(second.key.scopes).toEqual(['agent:heartbeat']);
    const third = await h.call(issueKey, { agentId });
    expect(await Promise.all([first.apiKey, second.apiKey, third.apiKey].map(outcomeOf))).toEqual(['revoked', 'valid', 'valid']);
    expect((await h.said(parseSecret(first.apiKey)?.id ?? '')).map(({ type }) => type)).toEqual([
      'evt.catalog.key.issued.v1',
      'evt.catalog.key.revoked.v1',
    ]);
    const revoked = await h.call(revokeKey, { agentId, keyId: second.key.id });
    expect(revoked.revokedAt).toBeDefined();
    expect(await h.call(revokeKey, { agentId, keyId: second.key.id })).toEqual(revoked);
    expect(await outcomeOf(second.apiKey)).toBe('revoked');
    const stranger = await enrol(await token());
    expect((await h.problem(revokeKey, { agentId: stranger.agentId, keyId: third.key.id })).code).toBe('not_found');
  });

  it('issue-key - never takes the key with which it was asked for, however many answers are lost', async () => {
    const first = await enrol(await token());
    const { agentId } = first;
    const callerKeyId = parseSecret(first.apiKey)?.id;
    const made = [];
    for (let n = 0; n < 4; n++) made.push((await h.call(issueKey, { agentId, callerKeyId })).apiKey);
    const outcomes = await Promise.all([first.apiKey, ...made].map(outcomeOf));
    expect(outcomes).toEqual(['valid', 'revoked', 'revoked', 'revoked', 'valid']);
  });

  it('issue-key - answers a repeated request with the same key and another secret, and stores none', async () => {
    const { agentId } = await enrol(await token());
    const idempotency = { caller: agentId, route: 'POST keys', key: newUuid(), requestHash: sha256('a') };
    const [first, second] = [await h.call(issueKey, { agentId, idempotency }), await h.call(issueKey, { agentId, idempotency })];
    expect(second.key).toEqual(first.key);
    expect(second.apiKey).not.toBe(first.apiKey);
    expect([await outcomeOf(first.apiKey), await outcomeOf(second.apiKey)]).toEqual(['unknown', 'valid']);
    expect((await h.said(first.key.id)).map(({ type }) => type)).toEqual(['evt.catalog.key.issued.v1']);
    const kept = JSON.stringify([
      await h.rows('select * from catalog.idempotency'),
      await h.rows('select * from catalog.agent_key'),
    ]);
    for (const { apiKey } of [first, second]) expect(kept).not.toContain(apiKey.slice(-49));
    const other = { ...idempotency, requestHash: sha256('b') };
    expect((await h.problem(issueKey, { agentId, idempotency: other })).code).toBe('idempotency_key_reused');
    await h.call(revokeKey, { agentId, keyId: first.key.id });
    const third = await h.call(issueKey, { agentId, idempotency });
    expect(third.key.id).not.toBe(first.key.id);
    expect(await outcomeOf(third.apiKey)).toBe('valid');
  });

  it('set-agent-state - disabling closes every key until it is enabled', async () => {
    const { agentId, apiKey } = await enrol(await token());
    expect((await h.call(setAgentState, { agentId, state: 'disabled' })).state).toBe('disabled');
    expect(await outcomeOf(apiKey)).toBe('agent_disabled');
    expect((await h.problem(issueKey, { agentId })).code).toBe('agent_disabled');
    await h.call(setAgentState, { agentId, state: 'disabled' });
    await h.call(setAgentState, { agentId, state: 'active' });
    expect(await outcomeOf(apiKey)).toBe('valid');
    expect((await h.said(agentId)).map(({ type, version }) => `${type.split('.')[3]} ${version}`)).toEqual([
      'enrolled 1',
      'disabled 2',
      'enabled 3',
    ]);
  });

  it('archive-environment - closes every key in it, and gives no further ones', async () => {
    const { environment } = await h.environment();
    const { token: secret } = await h.call(issueEnrolmentToken, { environmentId: environment.id });
    const nonce = 'boot-0001';
    const tokenHash = secretHash(secret);
    const { agentId, apiKey } = await h.call(enrolAgent, { tokenHash, environmentId: environment.id, nonce });
    expect(await outcomeOf(apiKey)).toBe('valid');
    await h.call(archiveEnvironment, { environmentId: environment.id });
    expect(await outcomeOf(apiKey)).toBe('revoked');
    expect((await h.problem(issueKey, { agentId })).code).toBe('environment_archived');
    expect((await h.problem(enrolAgent, { tokenHash, environmentId: environment.id, nonce })).code).toBe('environment_archived');
  });

  it('revoke-key, set-agent-state - announce on the wire what every replica of ingest listens to', async () => {
    const { agentId, apiKey } = await enrol(await token());
    const nc = await connectNats('listener', h.nats.url);
    const heard: unknown[] = [];
    for (const type of ['key.revoked', 'agent.disabled'])
      nc.subscribe(`evt.catalog.${type}.v1.*`, { callback: (_error, message) => void heard.push(message.json()) });
    await nc.flush();
    const keyId = parseSecret(apiKey)?.id ?? '';
    await h.call(revokeKey, { agentId, keyId });
    await h.call(setAgentState, { agentId, state: 'disabled' });
    await eventually(() => expect(heard).toEqual([{ keyId, agentId }, expect.objectContaining({ agentId, state: 'disabled' })]));
    await nc.close();
  });

  it('record-readings - the newest wins, in any order of batches', async () => {
    const [a, b] = [await enrol(await token()), await enrol(await token())];
    const reading = (agentId: string, minute: number, sequence: number, status: 'ok' | 'failing' = 'ok') => ({
      agentId,
      at: `2026-11-23T12:0${minute}:00.000Z`,
      bootId: 'b1',
      sequence,
      status,
    });
    const batch = [
      reading(a.agentId, 1, 1),
      reading(a.agentId, 3, 3, 'failing'),
      reading(b.agentId, 1, 1),
      reading(newId('agent'), 1, 1),
    ];
    expect(await h.call(recordReadings, { readings: batch })).toEqual({ recorded: 2 });
    expect(await h.call(recordReadings, { readings: [reading(a.agentId, 2, 2)] })).toEqual({ recorded: 0 });
    expect(await h.call(readAgent, { agentId: a.agentId })).toMatchObject({
      lastHeartbeatAt: '2026-11-23T12:03:00.000Z',
      lastStatus: 'failing',
      bootId: 'b1',
      lastSequence: 3,
    });
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const both = [reading(a.agentId, 4, n + 4), reading(b.agentId, 4, n + 4)];
        return h.call(recordReadings, { readings: n % 2 ? both : both.reverse() });
      }),
    );
    expect((await h.call(readAgent, { agentId: b.agentId })).lastSequence).toBe(15);
  });

  it('record-key-uses - the newest wins, in any order of batches and however often', async () => {
    const [a, b] = [await enrol(await token()), await enrol(await token())];
    const use = ({ agentId, apiKey }: { agentId: string; apiKey: string }, minute: number) => ({
      keyId: parseSecret(apiKey)?.id ?? '',
      agentId,
      at: `2026-11-23T12:0${minute}:00.000Z`,
    });
    const lastUsed = async ({ agentId }: { agentId: string }) =>
      (await h.call(readAgent, { agentId })).keys.map(({ lastUsedAt }) => lastUsedAt);
    const record = (...uses: ReturnType<typeof use>[]) => h.call(recordKeyUses, { uses });
    expect(await record(use(a, 1), use(a, 3), use(a, 2))).toEqual({ recorded: 1 });
    expect(await record(use(a, 3))).toEqual({ recorded: 0 });
    expect(await record(use(a, 2), { ...use(b, 4), agentId: a.agentId })).toEqual({ recorded: 0 });
    expect(await lastUsed(a)).toEqual(['2026-11-23T12:03:00.000Z']);
    expect(await lastUsed(b)).toEqual([undefined]);
    await Promise.all(
      Array.from({ length: 12 }, (_, n) => {
        const both = [use(a, n % 10), use(b, n % 10)];
        return record(...(n % 2 ? both : both.reverse()));
      }),
    );
    expect([await lastUsed(a), await lastUsed(b)]).toEqual([['2026-11-23T12:09:00.000Z'], ['2026-11-23T12:09:00.000Z']]);
  });

  it('read-agent - lists the agents of an environment with their keys', async () => {
    const { items } = await h.call(listAgents, { environmentId, limit: 2 });
    expect(items).toHaveLength(2);
    expect(items[0].keys).toHaveLength(1);
    expect((await h.problem(readAgent, { agentId: newId('agent') })).code).toBe('not_found');
  });
});
