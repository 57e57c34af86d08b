import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import {
  incidentOpened,
  listArtifactEntries,
  listArtifacts,
  listHeartbeats,
  listRefusals,
  locateResource,
  newId,
  newUuid,
  openArtifact,
  readArtifact,
  readJournalPage,
  referArtifactContent,
  referArtifactEntry,
  sha256,
  toHeaders,
} from '@reenact/contracts';
import { generateSecret, parseSecret } from '@reenact/credentials';
import { NATS } from '@reenact/messaging';
import { FileObjectStore } from '@reenact/object-store';
import { eventually } from '@reenact/testing';
import { headers as natsHeaders } from '@nats-io/transport-node';
import { bundleOf, CAPTURED_AT, type Harness, startHarness, type TestAgent } from './ingest.harness.js';

describe('agent API', () => {
  let ingest: Harness;
  let agent: TestAgent;

  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest.stop());
  beforeEach(() => {
    agent = ingest.addAgent();
  });

  const heartbeat = (sequence = 1, more: object = {}) => ({ at: CAPTURED_AT, bootId: 'b1', sequence, status: 'ok', ...more });
  const beat = (body: unknown, key = agent.key, id = agent.id) => ingest.post(`/api/v1/agents/${id}/heartbeats`, key, body);

  describe('record-heartbeat', () => {
    it('keeps it in the stream and tells the catalog the newest', async () => {
      for (const sequence of [1, 2, 3]) {
        const answer = await beat(heartbeat(sequence, { counters: { queued: sequence } }));
        expect(answer.status).toBe(202);
        expect(answer.headers.get('ratelimit')).toMatch(/^"heartbeats";r=\d+;t=\d+$/);
      }
      const { items } = await ingest.call(listHeartbeats, { orgId: agent.orgId, agentId: agent.id, limit: 2 });
      expect(items.map(({ sequence }) => sequence)).toEqual([3, 2]);
      expect(items[0]).toMatchObject({ at: CAPTURED_AT, status: 'ok', counters: { queued: 3 } });
      await eventually(() =>
        expect(ingest.readings.filter(({ agentId }) => agentId === agent.id).at(-1)).toMatchObject({
          sequence: 3,
        }),
      );
    });

    it('reads nothing of an agent that sent nothing', async () => {
      expect(await ingest.call(listHeartbeats, { orgId: agent.orgId, agentId: agent.id })).toEqual({
        items: [],
        nextCursor: null,
      });
    });

    it.each([
      ['a status that is none', heartbeat(1, { status: 'fine' }), '/status'],
      ['an unknown field', heartbeat(1, { mood: 'good' }), '/mood'],
      ['a counter that is no number', heartbeat(1, { counters: { n: 'x' } }), '/counters'],
      ['a sequence of 0', heartbeat(0), '/sequence'],
    ])('refuses %s', async (_name, body, path) => {
      const answer = await beat(body);
      expect([answer.status, answer.body.code, answer.body.errors[0].path]).toEqual([422, 'validation_failed', path]);
    });

    it('looks at the credential before the body', async () => {
      const send = (key: string | undefined, body: string, type: string) =>
        ingest.send('POST', `/api/v1/agents/${agent.id}/heartbeats`, {
          headers: { ...(key && ingest.bearer(key)), 'content-type': type },
          body,
        });
      expect((await send(undefined, '{', 'application/json')).body.code).toBe('credential_missing');
      expect((await send('nonsense', 'x', 'text/plain')).body.code).toBe('credential_invalid');
      expect((await send(agent.key, '{', 'application/json')).body.code).toBe('malformed_json');
      expect((await send(agent.key, 'x', 'text/plain')).body.code).toBe('unsupported_media_type');
    });

    it('limits the rate and says when to come again', async () => {
      const limits = await ingest.send('GET', '/api/v1/limits');
      const { heartbeatsPerMinute } = limits.body.rates;
      const answers = await Promise.all(Array.from({ length: heartbeatsPerMinute + 1 }, (_, n) => beat(heartbeat(n + 1))));
      expect(answers.filter(({ status }) => status === 202)).toHaveLength(heartbeatsPerMinute);
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused).toHaveLength(1);
      expect(Number(refused[0].headers.get('retry-after'))).toBeGreaterThan(0);
      expect(refused[0].body.code).toBe('rate_limited');
    });

    it('says try_later while the broker is away, and takes heartbeats again after it', async () => {
      await beat(heartbeat(1));
      await ingest.nats.stop();
      const answer = await beat(heartbeat(2));
      expect([answer.status, answer.body.code]).toEqual([503, 'try_later']);
      await ingest.nats.start();
      await eventually(async () => expect((await beat(heartbeat(3))).status).toBe(202), { timeoutMs: 20_000 });
    }, 40_000);
  });

  describe('authenticate-agent', () => {
    it('asks the catalog at most once a second about a key, and about many at once', async () => {
      const others = Array.from({ length: 20 }, () => ingest.addAgent());
      const before = ingest.asked.verify;
      await Promise.all(others.map((other) => beat(heartbeat(), other.key, other.id)));
      for (const sequence of [2, 3, 4]) await beat(heartbeat(sequence), others[0].key, others[0].id);
      expect(ingest.asked.verify - before).toBeLessThan(10);
    });

    it.each([
      ['revoked', 401, 'credential_revoked'],
      ['expired', 401, 'credential_expired'],
      ['agent_disabled', 403, 'agent_disabled'],
    ] as const)('refuses a key that is %s within a second or so', async (outcome, status, code) => {
      expect((await beat(heartbeat())).status).toBe(202);
      const verified = [...ingest.keys.values()].find(({ keyId }) => keyId === agent.keyId);
      if (verified) verified.outcome = outcome;
      await eventually(async () => expect((await beat(heartbeat(2))).status).toBe(status), { timeoutMs: 1_500 });
      expect((await beat(heartbeat(2))).body.code).toBe(code);
    });

    it('says try_later, never 401, while the key cannot be checked', async () => {
      await ingest.stopCatalog();
      try {
        const answer = await beat(heartbeat());
        expect([answer.status, answer.body.code]).toEqual([503, 'try_later']);
        expect(answer.headers.get('retry-after')).toBe('1');
      } finally {
        await ingest.startCatalog();
      }
      expect((await beat(heartbeat())).status).toBe(202);
    });
  });

  it('enrol-agent - takes slugs and answers key and limits; other credentials and unknown places are refused', async () => {
    const token = generateSecret('enrolment_token', newId('enrolment'), randomBytes(32));
    const path = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
    const enrolled = await ingest.post(path, token, { name: 'triage', nonce: 'a-nonce-of-mine' });
    expect(enrolled.status).toBe(201);
    expect(enrolled.body).toMatchObject({
      environmentId: ingest.place.environmentId,
      limits: { artifact: { maxEntries: 10_000 } },
    });
    expect((await beat(heartbeat(), enrolled.body.apiKey, enrolled.body.agentId)).status).toBe(202);
    expect((await ingest.post(path.replace('prod', 'nowhere'), token, {})).status).toBe(404);
    expect((await ingest.post(path, agent.key, {})).body.code).toBe('credential_kind_mismatch');
    expect((await ingest.post(path, token, { nonce: 'short' })).body.code).toBe('validation_failed');
    expect((await ingest.send('POST', path)).body.code).toBe('credential_missing');
  });

  it('enrol-agent - tells nobody without a token of ours what exists, and lets none of them keep out who has one', async () => {
    const path = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
    ingest.refuseEnrolments('credential_invalid');
    const codes = [];
    for (let n = 0; n < 6; n++) {
      codes.push((await ingest.post(path, ingest.enrolmentToken(), {})).body.code);
      codes.push((await ingest.post(path.replace('prod', 'nowhere'), ingest.enrolmentToken(), { colour: 'red' })).body.code);
    }
    ingest.refuseEnrolments(undefined);
    expect(codes).toEqual(Array(12).fill('credential_invalid'));
    expect((await ingest.post(path, ingest.enrolmentToken(), {})).status).toBe(201);
  });

  it('manage-keys - rotates and revokes; a key gives no scope that it lacks', async () => {
    const keys = `/api/v1/agents/${agent.id}/keys`;
    const rotated = await ingest.post(keys, agent.key, {});
    expect(rotated.status).toBe(201);
    expect((await beat(heartbeat(), rotated.body.apiKey)).status).toBe(202);
    const revoked = await ingest.send('DELETE', `${keys}/${agent.keyId}`, { headers: ingest.bearer(rotated.body.apiKey) });
    expect(revoked.status).toBe(204);
    expect((await beat(heartbeat())).body.code).toBe('credential_revoked');
    expect((await ingest.send('DELETE', `${keys}/key_nonsense`, { headers: ingest.bearer(rotated.body.apiKey) })).status).toBe(
      404,
    );
    const again = () =>
      ingest.send('POST', keys, {
        headers: { ...ingest.bearer(rotated.body.apiKey), 'idempotency-key': 'my-own' },
      });
    expect([(await again()).status, (await again()).status]).toEqual([201, 201]);
    const [first, second] = ingest.keysAsked.slice(-2);
    expect(first).toEqual(second);
    expect(first).toMatchObject({
      agentId: agent.id,
      callerKeyId: parseSecret(rotated.body.apiKey)?.id,
      idempotency: { caller: agent.id, key: 'my-own' },
    });
    const narrow = ingest.addAgent(['agent:heartbeat']);
    const wider = await ingest.post(`/api/v1/agents/${narrow.id}/keys`, narrow.key, { scopes: ['agent:artifact_upload'] });
    expect([wider.status, wider.body.code]).toEqual([403, 'scope_missing']);
    expect((await ingest.get(`/api/v1/agents/${agent.id}/signing-keys`, rotated.body.apiKey)).body).toHaveProperty('keys');
  });

  it('answers 404 and 405 for what is not there', async () => {
    expect((await ingest.send('GET', '/api/v1/nothing')).body.code).toBe('not_found');
    expect((await ingest.send('PUT', '/api/v1/limits')).body.code).toBe('method_not_allowed');
    expect((await ingest.post(`/api/v1/agents/${agent.id}/heartbeats?colour=red`, agent.key, heartbeat())).body.code).toBe(
      'unknown_query_parameter',
    );
  });

  it('count-refusal - lists them by minute and code, page by page', async () => {
    const other = ingest.addAgent();
    for (let n = 0; n < 3; n++) await beat(heartbeat(), other.key);
    await beat({ nonsense: true }, other.key, other.id);
    const refusals = () => ingest.call(listRefusals, { agentId: other.id });
    await eventually(async () =>
      expect((await refusals()).items.map(({ status, code, count }) => ({ status, code, count }))).toEqual([
        { status: 422, code: 'validation_failed', count: 1 },
        { status: 403, code: 'agent_mismatch', count: 3 },
      ]),
    );
    const first = await ingest.call(listRefusals, { agentId: other.id, limit: 1 });
    const second = await ingest.call(listRefusals, { agentId: other.id, limit: 1, cursor: first.nextCursor as string });
    expect([first.items[0].status, second.items[0].status, second.nextCursor]).toEqual([422, 403, null]);
  });

  describe('read-artifact', () => {
    it('reads, lists, locates and opens it, and refers to its bytes', async () => {
      const plain = await bundleOf(agent, {
        gzip: false,
        head: { journal: { lane: 'webhooks', records: 3, streamId: 'stream-1' } },
      });
      const packed = await bundleOf(agent);
      const [{ body: first }, { body: second }] = [await ingest.upload(agent, plain), await ingest.upload(agent, packed)];
      const artifactId = first.artifact.id;
      expect(await ingest.call(readArtifact, { artifactId })).toEqual(first.artifact);
      await expect(ingest.call(readArtifact, { artifactId: newId('artifact') })).rejects.toMatchObject({ code: 'not_found' });

      const { orgId, projectId, environmentId } = agent;
      expect(await ingest.call(locateResource.ingest, { id: artifactId })).toEqual({
        scope: { id: artifactId, orgId, projectId, environmentId },
      });
      expect(await ingest.call(locateResource.ingest, { id: newId('artifact') })).toEqual({ scope: null });

      const opened = await ingest.call(openArtifact, { artifactId });
      expect(opened).toMatchObject({ streamId: 'stream-1', blob: { size: plain.length, sha256: sha256(plain) } });
      expect((await ingest.call(openArtifact, { artifactId: second.artifact.id })).streamId).toBe(sha256(packed));

      const of = (query: object) => ingest.call(listArtifacts, { orgId, agentId: agent.id, ...query });
      expect((await of({})).items.map(({ id }) => id)).toEqual([second.artifact.id, artifactId]);
      const page = await of({ limit: 1 });
      expect((await of({ limit: 1, cursor: page.nextCursor })).items.map(({ id }) => id)).toEqual([artifactId]);
      expect((await of({ projectIds: [] })).items).toEqual([]);
      expect((await of({ type: 'snapshot' })).items).toEqual([]);

      const entries = await ingest.call(listArtifactEntries, { artifactId });
      expect(entries.items.map(({ path, role }) => [path, role])).toEqual([
        ['manifest.json', 'manifest'],
        ['spec.json', 'spec'],
        ['journal.ndjson', 'journal'],
      ]);
      const part = await ingest.call(listArtifactEntries, { artifactId, limit: 2 });
      const rest = await ingest.call(listArtifactEntries, { artifactId, limit: 2, cursor: part.nextCursor as string });
      expect([part.items.length, rest.items, rest.nextCursor]).toEqual([2, entries.items.slice(2), null]);
      const whole = await ingest.call(referArtifactContent, { artifactId });
      expect(whole).toMatchObject({ size: plain.length, mediaType: 'application/x-tar' });
      const spec = await ingest.call(referArtifactEntry, { artifactId, path: 'spec.json' });
      const bytes = plain.subarray(spec.range?.start, spec.range?.end);
      expect(sha256(bytes)).toBe(spec.sha256);
      const inside = await ingest.call(referArtifactEntry, { artifactId: second.artifact.id, path: 'spec.json' });
      expect(inside).toMatchObject({ unpackedRange: spec.range, mediaType: 'application/json' });
      const unpacked = gunzipSync(packed).subarray(inside.unpackedRange?.start, inside.unpackedRange?.end);
      expect(sha256(unpacked)).toBe(inside.sha256);
      await expect(ingest.call(referArtifactEntry, { artifactId, path: 'x' })).rejects.toMatchObject({ code: 'not_found' });
    });

    it('reads far into a blocked gzip without unpacking what is before', async () => {
      const packed = await bundleOf(agent, { gzip: 'blocked', records: 8_000, body: 'x'.repeat(300) });
      const artifactId = (await ingest.upload(agent, packed)).body.artifact.id;
      const reads = jest.spyOn(FileObjectStore.prototype, 'read');
      const deep = await ingest.call(readJournalPage, { artifactId, from: 15_001, limit: 1 });
      expect(deep).toMatchObject({ items: [{ offset: 15_002 }], nextFrom: 15_004 });
      expect(reads.mock.lastCall?.[1]).toEqual({ start: expect.any(Number), end: packed.length });
      reads.mockRestore();
      const late = await bundleOf(agent, { gzip: 'blocked', records: 8_000, body: 'y'.repeat(300), last: 'the last entry' });
      const second = (await ingest.upload(agent, late)).body.artifact.id;
      const {
        range,
        unpackedRange,
        sha256: digest,
      } = await ingest.call(referArtifactEntry, { artifactId: second, path: 'last.txt' });
      expect(range?.start).toBeGreaterThan(0);
      const unpacked = gunzipSync(late.subarray(range?.start, range?.end)).subarray(unpackedRange?.start, unpackedRange?.end);
      expect([unpacked.toString(), sha256(unpacked)]).toEqual(['the last entry', digest]);
    });

    it('pages through a journal, leaving out bodies that are too large for an answer', async () => {
      const small = await ingest.upload(agent, await bundleOf(agent, { records: 5 }));
      const artifactId = small.body.artifact.id;
      const page = await ingest.call(readJournalPage, { artifactId, from: 2, limit: 2 });
      expect(page).toMatchObject({ items: [{ offset: 2 }, { offset: 4 }], nextFrom: 6 });
      expect(await ingest.call(readJournalPage, { artifactId, from: 8 })).toMatchObject({
        items: [{ offset: 8 }],
        nextFrom: null,
      });
      for (const gzip of [false, true]) {
        const long = await ingest.upload(agent, await bundleOf(agent, { gzip, records: 2_000, body: 'x'.repeat(300) }));
        const reads = jest.spyOn(FileObjectStore.prototype, 'read');
        const deep = await ingest.call(readJournalPage, { artifactId: long.body.artifact.id, from: 3_001, limit: 2 });
        expect(deep).toMatchObject({ items: [{ offset: 3_002 }, { offset: 3_004 }], nextFrom: 3_006 });
        expect((reads.mock.lastCall?.[1]?.start ?? 0) > 500_000).toBe(!gzip);
        reads.mockRestore();
      }
      const large = await ingest.upload(
        agent,
        await bundleOf(agent, { records: 2, body: randomBytes(500_000).toString('base64') }),
      );
      const items = (await ingest.call(readJournalPage, { artifactId: large.body.artifact.id })).items as Record<
        string,
        unknown
      >[];
      expect(items[0]).toMatchObject({ offset: 0, bodyOmitted: { size: expect.any(Number), sha256: expect.any(String) } });
      const snapshot = await ingest.upload(agent, Buffer.from('{}'), { type: 'snapshot' });
      await expect(ingest.call(readJournalPage, { artifactId: snapshot.body.artifact.id })).rejects.toMatchObject({
        code: 'artifact_not_replayable',
      });
    });

    it('link-incident - shows the incident that it opened', async () => {
      const { body } = await ingest.upload(agent, await bundleOf(agent));
      const incidentId = newId('incident');
      const data = { ...incidentOpened.sample, incidentId, artifactId: body.artifact.id };
      const envelope = {
        id: newUuid(),
        type: incidentOpened.type,
        source: 'incident',
        time: CAPTURED_AT,
        orgId: agent.orgId,
        aggregate: { kind: 'incident', id: incidentId, version: 1 },
        actor: { kind: 'service', id: 'incident' } as const,
        correlationId: newUuid(),
        data,
      };
      const carried = natsHeaders();
      for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
      await ingest.app
        .get(NATS)
        .request(`${incidentOpened.type}.${agent.orgId}`, JSON.stringify(data), { headers: carried, timeout: 2_000 });
      await eventually(async () => {
        const { items } = await ingest.call(listArtifacts, { orgId: agent.orgId, incidentId });
        expect(items.map(({ id, incidentId: of }) => [id, of])).toEqual([[body.artifact.id, incidentId]]);
      });
    });
  });

  it('authenticate-agent - slows down who guesses, and nobody else at that address', async () => {
    const guess = () => beat(heartbeat(), generateSecret('agent_key', newId('key'), randomBytes(32)));
    const codes = [];
    for (let n = 0; n < 25; n++) codes.push((await guess()).body.code);
    expect(codes.at(-1)).toBe('rate_limited');
    expect((await beat(heartbeat())).status).toBe(202);
  });
});
