import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { newId, sha256 } from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { bundleOf, CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';

const MAX_BYTES = 3 * 1024 * 1024;

describe('upload-artifact', () => {
  let ingest: Harness;

  beforeAll(async () => {
    const rates = {
      ...DEFAULT_LIMITS.rates,
      uploadsPerMinute: 10_000,
      failedAuthenticationsPerMinute: 10_000,
      concurrentUploads: 50,
    };
    ingest = await startHarness({ ...DEFAULT_LIMITS, artifact: { ...DEFAULT_LIMITS.artifact, maxBytes: MAX_BYTES }, rates });
  });
  afterAll(() => ingest.stop());

  const leavesNothing = async (upload: () => Promise<unknown>) => {
    const before = await ingest.inventory();
    await upload();
    await eventually(async () => expect(await ingest.inventory()).toEqual(before));
  };

  it('stores a bundle and says so', async () => {
    const agent = ingest.addAgent();
    const bytes = await bundleOf(agent, { head: { bootId: 'b1', sequence: 41 } });
    const answer = await ingest.upload(agent, bytes, { sha256: sha256(bytes) });
    expect(answer.body).toEqual({
      deduplicated: false,
      artifact: expect.objectContaining({
        type: 'incident_bundle',
        state: 'stored',
        sha256: sha256(bytes),
        size: bytes.length,
        agentId: agent.id,
        environmentId: agent.environmentId,
        capturedAt: CAPTURED_AT,
        bootId: 'b1',
        sequence: 41,
        records: 3,
        format: 'reenact.bundle/v1',
        replayable: { ok: true },
      }),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-ratelimit-limit')).toBe('10000');
    const said = (await ingest.said('evt.ingest.artifact.stored.v1')).filter(({ data }) => data.agentId === agent.id);
    expect(said).toHaveLength(1);
    expect(said[0].headers['ce-actor']).toBe(`agent:${agent.id}`);
    expect(said[0].data).toMatchObject({ artifactId: answer.body.artifact.id, records: 3, incident: { severity: 'high' } });
  });

  it('answers a duplicate with the record that is there', async () => {
    const agent = ingest.addAgent();
    const bytes = await bundleOf(agent);
    const first = await ingest.upload(agent, bytes);
    const before = await ingest.inventory();
    const second = await ingest.upload(agent, bytes);
    expect(second.status).toBe(200);
    expect(second.body).toEqual({ artifact: first.body.artifact, deduplicated: true });
    expect(await ingest.inventory()).toEqual(before);
    const found = await ingest.get(`/api/v1/agents/${agent.id}/artifacts/by-digest/${sha256(bytes)}`, agent.key);
    expect(found.body).toEqual(first.body.artifact);
  });

  it('gives another agent its own record over the same blob, and lets nobody find what others have', async () => {
    const [one, two] = [ingest.addAgent(), ingest.addAgent()];
    const bytes = Buffer.from(`{"state": "${newId('agent')}"}`);
    const fields = { type: 'snapshot' };
    const first = await ingest.upload(one, bytes, fields);
    const path = (agent: TestAgent) => `/api/v1/agents/${agent.id}/artifacts/by-digest/${sha256(bytes)}`;
    expect((await ingest.get(path(two), two.key)).status).toBe(404);
    const blobs = (await ingest.inventory()).blobs;
    const second = await ingest.upload(two, bytes, fields);
    expect(second.status).toBe(201);
    expect(second.body.deduplicated).toBe(false);
    expect(second.body.artifact.id).not.toBe(first.body.artifact.id);
    expect(Object.keys(second.body.artifact)).toEqual(Object.keys(first.body.artifact));
    expect((await ingest.inventory()).blobs).toBe(blobs);
  });

  it('leaves one record and one blob when equal uploads race', async () => {
    const agent = ingest.addAgent();
    const bytes = await bundleOf(agent);
    const before = await ingest.inventory();
    const answers = await Promise.all(Array.from({ length: 12 }, () => ingest.upload(agent, bytes)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([...Array(11).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.artifact.id)).size).toBe(1);
    const after = await ingest.inventory();
    expect([after.blobs - before.blobs, after.artifacts - before.artifacts, after.files.length - before.files.length]).toEqual([
      1, 1, 1,
    ]);
    const said = (await ingest.said('evt.ingest.artifact.stored.v1')).filter(({ data }) => data.agentId === agent.id);
    expect(said).toHaveLength(1);
  });

  it('puts a lost object back', async () => {
    const agent = ingest.addAgent();
    const bytes = await bundleOf(agent);
    await ingest.upload(agent, bytes);
    const { rm } = await import('node:fs/promises');
    await rm(`${ingest.directory}/blobs/${agent.orgId}/${sha256(bytes).slice(7)}`);
    const before = (await ingest.inventory()).files.length;
    expect((await ingest.upload(agent, bytes)).status).toBe(200);
    expect((await ingest.inventory()).files.length).toBe(before + 1);
  });

  describe('refuses and leaves nothing of', () => {
    it('a digest that is not that of the bytes', () =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const answer = await ingest.upload(agent, await bundleOf(agent), { sha256: `sha256:${'0'.repeat(64)}` });
        expect([answer.status, answer.body.code]).toEqual([422, 'digest_mismatch']);
      }));

    it('a text file as bundle', () =>
      leavesNothing(async () => {
        const answer = await ingest.upload(ingest.addAgent(), Buffer.from('just some text'));
        expect([answer.status, answer.body.code]).toEqual([415, 'artifact_type_mismatch']);
      }));

    it('a bundle as snapshot', () =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const answer = await ingest.upload(agent, await bundleOf(agent), { type: 'snapshot' });
        expect([answer.status, answer.body.code]).toEqual([415, 'artifact_type_mismatch']);
      }));

    it('a bundle that is cut in its middle', () =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const bytes = await bundleOf(agent, { gzip: false });
        const answer = await ingest.upload(agent, bytes.subarray(0, 3000));
        expect([answer.status, answer.body.code]).toEqual([422, 'artifact_malformed']);
        expect(answer.body.reason).toEqual(expect.any(String));
      }));

    it.each([
      ['gzip with something after it', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('more')])],
      ['a tar with something after it', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(512, 1)])],
    ])('%s', (name, change) =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const answer = await ingest.upload(agent, change(await bundleOf(agent, { gzip: name.startsWith('gzip') })));
        expect([answer.status, answer.body.code]).toEqual([422, 'artifact_malformed']);
      }),
    );

    it('one byte over the limit; the limit itself passes', async () => {
      const agent = ingest.addAgent();
      const text = (size: number) => Buffer.alloc(size, 'a');
      expect((await ingest.upload(agent, text(MAX_BYTES), { type: 'diagnostic' })).status).toBe(201);
      await leavesNothing(async () => {
        const answer = await ingest.upload(agent, text(MAX_BYTES + 1), { type: 'diagnostic' });
        expect([answer.status, answer.body.code, answer.body.max]).toEqual([413, 'artifact_too_large', MAX_BYTES]);
      });
    });

    it('a bomb', () =>
      leavesNothing(async () => {
        const answer = await ingest.upload(ingest.addAgent(), gzipSync(Buffer.alloc(100 * 1024 * 1024, ' ')), {
          type: 'diagnostic',
        });
        expect([answer.status, answer.body.code]).toEqual([413, 'artifact_too_large']);
      }));

    it("another agent's manifest", () =>
      leavesNothing(async () => {
        const answer = await ingest.upload(ingest.addAgent(), await bundleOf(ingest.addAgent()));
        expect([answer.status, answer.body.code]).toEqual([422, 'artifact_identity_mismatch']);
      }));

    it.each([
      ['specHash', `sha256:${'1'.repeat(64)}`],
      ['capturedAt', '2026-11-23T12:00:01.000Z'],
    ])('a field %s that contradicts the manifest', (name, value) =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const answer = await ingest.upload(agent, await bundleOf(agent), { [name]: value });
        expect([answer.status, answer.body.code, answer.body.field]).toEqual([422, 'metadata_conflict', name]);
      }),
    );

    it.each([
      ['an unknown type', { type: 'novel' }, '/type'],
      ['no time', { capturedAt: 'yesterday' }, '/capturedAt'],
      ['a sequence that is none', { sequence: '-1' }, '/sequence'],
      ['an unknown field', { colour: 'red' }, '/colour'],
    ])('fields with %s', (_name, fields, path) =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const answer = await ingest.upload(agent, await bundleOf(agent), fields);
        expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
        expect(answer.body.errors[0].path).toBe(path);
      }),
    );

    it.each([
      ['no file', (form: FormData) => form.set('type', 'snapshot')],
      ['a file of another name', (form: FormData) => form.set('evil', new Blob(['x']), 'x')],
      [
        'a field after the file',
        (form: FormData) => {
          form.set('type', 'diagnostic');
          form.set('capturedAt', CAPTURED_AT);
          form.set('file', new Blob(['text']), 'x');
          form.set('bootId', 'late');
        },
      ],
      [
        'two files',
        (form: FormData) => {
          form.set('type', 'diagnostic');
          form.set('capturedAt', CAPTURED_AT);
          form.append('file', new Blob(['text']), 'x');
          form.append('file', new Blob(['text']), 'y');
        },
      ],
    ])('a form with %s', (_name, fill) =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const body = new FormData();
        fill(body);
        const answer = await ingest.send('POST', `/api/v1/agents/${agent.id}/artifacts`, {
          headers: ingest.bearer(agent.key),
          body,
        });
        expect([answer.status, answer.body.code]).toEqual([422, 'validation_failed']);
      }),
    );

    it.each([
      ['application/json', '{}', 415, 'unsupported_media_type'],
      ['multipart/form-data', 'no boundary', 422, 'upload_incomplete'],
      ['multipart/form-data; boundary=x', 'nothing of a form', 422, 'upload_incomplete'],
      [`multipart/form-data; boundary=${'x'.repeat(5_000)}`, 'a boundary without an end', 422, 'upload_incomplete'],
      ['multipart/form-data; boundary=', 'an empty boundary', 422, 'upload_incomplete'],
      ['multipart/form-data; boundary=x', '--x\r\nbroken', 422, 'upload_incomplete'],
    ])('a body of type %s: %j', (type, body, status, code) =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const headers = { ...ingest.bearer(agent.key), 'content-type': type };
        const answer = await ingest.send('POST', `/api/v1/agents/${agent.id}/artifacts`, { headers, body });
        expect([answer.status, answer.body.code]).toEqual([status, code]);
      }),
    );

    it('an upload whose sender goes away', () =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const bytes = await bundleOf(agent, { body: randomBytes(400_000).toString('base64'), gzip: false });
        const hangUp = startSending(`${ingest.url}/api/v1/agents/${agent.id}/artifacts`, agent.key, bytes);
        await eventually(async () => expect((await ingest.inventory()).files.join()).toContain('.staging'));
        hangUp();
      }));

    it('a form that ends before its end', () =>
      leavesNothing(async () => {
        const agent = ingest.addAgent();
        const bytes = await bundleOf(agent, { gzip: false });
        const headers = { ...ingest.bearer(agent.key), 'content-type': 'multipart/form-data; boundary=x' };
        const body = Buffer.concat([formHead(), bytes]);
        const answer = await ingest.send('POST', `/api/v1/agents/${agent.id}/artifacts`, { headers, body });
        expect([answer.status, answer.body.code]).toEqual([422, 'upload_incomplete']);
      }));
  });

  describe('keeps to the limits of the environment', () => {
    afterEach(() => ingest.limitArtifacts(undefined));
    const text = (size: number) => Buffer.alloc(size, 'a');
    const send = async (agent: TestAgent, bytes: Buffer, fields: Record<string, string> = { type: 'diagnostic' }) => {
      const { status, body } = await ingest.upload(agent, bytes, fields);
      return [status, body.code, (body as { limit?: string }).limit];
    };

    it.each([
      ['maxBytes', { maxBytes: 1_000 }, () => text(1_001)],
      ['maxUnpackedBytes', { maxUnpackedBytes: 1_000 }, () => gzipSync(text(1_001))],
      ['maxRatio', { maxRatio: 1 }, () => gzipSync(randomBytes(1024 * 1024).toString('hex'))],
    ])('of %s', async (limit, limits, bytes) => {
      ingest.limitArtifacts(limits);
      const limited = ingest.addAgent();
      await leavesNothing(async () => expect(await send(limited, bytes())).toEqual([413, 'artifact_too_large', limit]));
      ingest.limitArtifacts(undefined);
      expect((await send(ingest.addAgent(), bytes()))[0]).toBe(201);
    });

    it('of maxEntries', async () => {
      ingest.limitArtifacts({ maxEntries: 2 });
      const limited = ingest.addAgent();
      await leavesNothing(async () =>
        expect(await send(limited, await bundleOf(limited), {})).toEqual([413, 'artifact_too_large', 'maxEntries']),
      );
    });

    it('but not beyond what the server bears, and tells them to its agents', async () => {
      const { maximum } = DEFAULT_LIMITS;
      ingest.limitArtifacts({ maxBytes: maximum.maxBytes + 1, maxEntries: 7 });
      const told = { ...maximum, maxEntries: 7 };
      const { key } = ingest.addAgent();
      expect((await ingest.get('/api/v1/limits', key)).body.artifact).toMatchObject(told);
      for (const other of ['nonsense', `${key}x`])
        expect((await ingest.get('/api/v1/limits', other)).body.artifact).toMatchObject({ ...maximum, maxBytes: MAX_BYTES });
      const path = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
      const enrolled = await ingest.post(path, ingest.enrolmentToken(), {});
      expect(enrolled.body.limits.artifact).toMatchObject(told);
    });
  });

  it('refuses other credentials, and counts it', async () => {
    const agent = ingest.addAgent();
    const without = ingest.addAgent(['agent:heartbeat']);
    const bytes = await bundleOf(agent);
    const before = await ingest.inventory();
    const as = async (key: string, id = agent.id) => {
      const { status, body } = await ingest.upload({ ...agent, id, key }, bytes);
      return [status, body.code];
    };
    const secret = (kind: 'api_token' | 'enrolment_token' | 'agent_key', id: string) => generateSecret(kind, id, randomBytes(32));
    expect(await as(secret('api_token', newId('token')))).toEqual([401, 'credential_kind_mismatch']);
    expect(await as(secret('enrolment_token', newId('enrolment')))).toEqual([401, 'credential_kind_mismatch']);
    expect(await as(secret('agent_key', newId('key')))).toEqual([401, 'credential_invalid']);
    const mistyped = agent.key.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    expect(await as(mistyped)).toEqual([401, 'credential_invalid']);
    expect(await as(ingest.addAgent().key)).toEqual([403, 'agent_mismatch']);
    expect(await as(agent.key, 'agt_nonsense')).toEqual([404, 'not_found']);
    expect(await as(without.key, without.id)).toEqual([403, 'scope_missing']);
    expect(await ingest.inventory()).toEqual(before);
    await eventually(async () => {
      const said = (await ingest.said('evt.ingest.agent.refused.v1')).filter(({ data }) => data.agentId === agent.id);
      expect(said.map(({ data }) => String(data.code)).sort()).toEqual(['credential_invalid', 'credential_kind_mismatch']);
    });
  });
});

const formHead = () =>
  Buffer.from(
    [
      ['type', 'incident_bundle'],
      ['capturedAt', CAPTURED_AT],
    ]
      .map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      .join('') +
      '--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\nContent-Type: application/octet-stream\r\n\r\n',
  );

/** Sends half of what it promises, until it is told to hang up. */
function startSending(url: string, key: string, bytes: Buffer): () => void {
  const headers = {
    authorization: `Bearer ${key}`,
    'content-type': 'multipart/form-data; boundary=x',
    'content-length': String(bytes.length * 2),
  };
  const outgoing = httpRequest(url, { method: 'POST', headers });
  outgoing.on('error', () => undefined);
  outgoing.write(formHead());
  outgoing.write(bytes);
  return () => outgoing.destroy();
}
