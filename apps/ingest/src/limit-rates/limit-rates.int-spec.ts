import { request } from 'node:http';
import { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import { newUuid } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import type { RunningService } from '@reenact/service-kit';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { bundleOf, CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { KeepLimitsTimer } from './keep-limits.timer.js';

const RATES = {
  heartbeatsPerMinute: 40,
  uploadsPerMinute: 20,
  uploadBytesPerMinute: 400_000,
  concurrentUploads: 2,
  enrolmentsPerMinute: 5,
  failedAuthenticationsPerMinute: 10,
};
const BLOCK = RATES.heartbeatsPerMinute / 10;

describe('limit-rates', () => {
  let ingest: Harness;
  let second: RunningService;
  let agent: TestAgent;

  beforeAll(async () => {
    ingest = await startHarness({ ...DEFAULT_LIMITS, rates: RATES });
    second = await ingest.replica();
  });
  afterAll(async () => {
    await second?.stop();
    await ingest?.stop();
  });
  beforeEach(() => {
    agent = ingest.addAgent();
  });

  const beat = (url: string, sequence: number) =>
    ingest.post(`${url}/api/v1/agents/${agent.id}/heartbeats`, agent.key, {
      at: CAPTURED_AT,
      bootId: 'b1',
      sequence,
      status: 'ok',
    });
  const uploadTo = async (url: string, bytes: Uint8Array) => {
    const form = new FormData();
    form.set('type', 'diagnostic');
    form.set('capturedAt', CAPTURED_AT);
    form.set('file', new Blob([bytes as Uint8Array<ArrayBuffer>]), 'notes.txt');
    return ingest.send('POST', `${url}/api/v1/agents/${agent.id}/artifacts`, { headers: ingest.bearer(agent.key), body: form });
  };
  const codesOf = (answers: { body: { code: string } }[]) => answers.map(({ body }) => body.code).filter(Boolean);

  it('shares a limit between replicas: never below it, and at most one block above it', async () => {
    const urls = [ingest.url, second.url];
    const sent = Array.from({ length: 2 * RATES.heartbeatsPerMinute }, (_, n) => beat(urls[n % 2], n + 1));
    const answers = await Promise.all(sent);
    const accepted = answers.filter(({ status }) => status === 202).length;
    expect(accepted).toBeGreaterThanOrEqual(RATES.heartbeatsPerMinute);
    expect(accepted).toBeLessThanOrEqual(RATES.heartbeatsPerMinute + BLOCK);
    expect(new Set(codesOf(answers))).toEqual(new Set(['rate_limited']));
    const [{ used }] = await ingest.rows<{ used: number }>('select used from ingest.rate_window where subject = $1', [agent.id]);
    expect(used).toBeGreaterThanOrEqual(RATES.heartbeatsPerMinute);
    for (const url of urls) expect((await beat(url, 99)).status).toBe(429);
  });

  it('costs no row per heartbeat, and one write per block', async () => {
    const before = await ingest.rows<{ n: number }>('select count(*)::int as n from ingest.rate_window');
    const statements = jest.spyOn(ingest.app.get(UnitOfWork), 'query');
    for (let n = 1; n <= RATES.heartbeatsPerMinute; n++) expect((await beat(ingest.url, n)).status).toBe(202);
    const leases = statements.mock.calls.filter(([sql]) => sql.includes('ingest.rate_window'));
    statements.mockRestore();
    expect(leases.length).toBeLessThanOrEqual(RATES.heartbeatsPerMinute / BLOCK);
    expect(await ingest.rows<{ n: number }>('select count(*)::int as n from ingest.rate_window')).toEqual([
      { n: before[0].n + 1 },
    ]);
  });

  it('says in every answer how things stand, and when to come again', async () => {
    const { headers } = await beat(ingest.url, 1);
    expect(headers.get('ratelimit-policy')).toBe('"heartbeats";q=40;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"heartbeats";r=39;t=\d+$/);
    expect([headers.get('x-ratelimit-limit'), headers.get('x-ratelimit-remaining')]).toEqual(['40', '39']);
    const answers = await Promise.all(Array.from({ length: RATES.heartbeatsPerMinute }, (_, n) => beat(ingest.url, n + 2)));
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get('retry-after')).toMatch(/^([1-9]|[1-5]\d|60)$/);
    expect(refused?.headers.get('retry-after')).toBe(refused?.headers.get('x-ratelimit-reset'));
    expect(refused?.headers.get('x-ratelimit-remaining')).toBe('0');
    const uploaded = await uploadTo(ingest.url, Buffer.from('a note'));
    expect(uploaded.headers.get('ratelimit')).toMatch(/^"upload-bytes";r=\d+;t=\d+, "uploads";r=19;t=\d+$/);
    expect(uploaded.headers.get('ratelimit-policy')).toContain('"upload-bytes";q=400000;qu="content-bytes";w=60');
  });

  it('counts uploads and their bytes, refused ones too, and gives back what was declared and did not come', async () => {
    const note = (size: number) => Buffer.from(newUuid().repeat(size / 36));
    const bytes = [];
    for (let n = 0; n < 5; n++) bytes.push((await uploadTo([ingest.url, second.url][n % 2], note(120_000))).body.code);
    expect(bytes.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(bytes.at(-1)).toBe('rate_limited');
    agent = ingest.addAgent();
    const answers = [];
    for (let n = 0; n < RATES.uploadsPerMinute + 1; n++) answers.push(await uploadTo(ingest.url, Buffer.from('\0')));
    expect(codesOf(answers).slice(-2)).toEqual(['artifact_type_mismatch', 'rate_limited']);
  });

  it('keeps to the bytes of all replicas, however large uploads are and however many begin at once', async () => {
    const note = () => Buffer.from(newUuid().repeat(90_000 / 36));
    const sizes = Array.from({ length: 12 }, note);
    const answers = [];
    for (let n = 0; n < sizes.length; n += 2) {
      answers.push(...(await Promise.all([ingest.url, second.url].map((url, at) => uploadTo(url, sizes[n + at])))));
    }
    const stored = answers.filter(({ status }) => status === 201).length;
    expect(stored).toBe(4);
    expect(codesOf(answers.filter(({ status }) => status !== 201)).every((code) => code === 'rate_limited')).toBe(true);
    // What is left is not enough for such a one, but for a smaller one.
    expect((await uploadTo(ingest.url, Buffer.from('a note'))).status).toBe(201);
  });

  it('takes the bytes that nobody declared while they come, and cuts off where the limit is reached', async () => {
    const before = await ingest.inventory();
    const send = (bytes: number) => streamTo(ingest.url, agent, bytes);
    expect((await send(150_000)).status).toBe(201);
    expect((await send(150_000)).status).toBe(201);
    const refused = await send(150_000);
    expect([refused.status, refused.code, refused.policy]).toEqual([429, 'rate_limited', 'upload-bytes']);
    // The refusal is said before what had come is cleared away.
    await eventually(async () => {
      const after = await ingest.inventory();
      expect([after.blobs - before.blobs, after.files.length - before.files.length]).toEqual([2, 2]);
    });
  });

  it('counts the uploads that run at once over all replicas, and forgets those of a replica that is gone', async () => {
    const timer = ingest.app.get(KeepLimitsTimer);
    expect(timer).toBeDefined();
    const held = [1, 2].map((slot) => [agent.id, slot, `gone-${slot}`]);
    for (const slot of held)
      await ingest.rows("insert into ingest.upload_slot values ($1, $2, $3, now() + interval '60 seconds')", slot);
    const refused = await uploadTo(second.url, Buffer.from('a note'));
    expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([429, 'rate_limited', '1']);
    await ingest.rows("update ingest.upload_slot set expires_at = now() - interval '1 second' where holder = 'gone-1'");
    expect((await uploadTo(second.url, Buffer.from('a note'))).status).toBe(201);
    // What was refused for its number of neighbours took nothing of the minute.
    expect((await uploadTo(second.url, Buffer.from('a note'))).headers.get('x-ratelimit-remaining')).toBe('18');
    const rows = await ingest.rows<{ holder: string }>('select holder from ingest.upload_slot where agent_id = $1', [agent.id]);
    expect(rows).toEqual([{ holder: 'gone-2' }]);
  });

  it('lets as many uploads run at once as the limit says', async () => {
    const bundles = await Promise.all(Array.from({ length: 6 }, () => bundleOf(agent)));
    const answers = await Promise.all(bundles.map((bytes) => ingest.upload(agent, bytes)));
    const stored = answers.filter(({ status }) => status === 201).length;
    expect(stored).toBeGreaterThanOrEqual(RATES.concurrentUploads);
    expect(codesOf(answers).every((code) => code === 'rate_limited')).toBe(true);
    await eventually(async () => expect((await ingest.upload(agent, bundles[5])).status).toBeLessThan(300));
  });

  it('limits enrolments per environment', async () => {
    const path = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
    const tokens = Array.from({ length: 8 }, () => ingest.enrolmentToken());
    const answers = [];
    for (const [n, token] of tokens.entries())
      answers.push(await ingest.post(`${[ingest.url, second.url][n % 2]}${path}`, token, {}));
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(RATES.enrolmentsPerMinute);
    expect(codesOf(answers).at(-1)).toBe('rate_limited');
  });
});

/** Sends a diagnostic without saying how long it is. */
async function streamTo(url: string, { id, key }: TestAgent, size: number) {
  const field = (name: string, value: string) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  async function* form() {
    yield Buffer.from(`${field('type', 'diagnostic')}${field('capturedAt', CAPTURED_AT)}`);
    yield Buffer.from(`--x\r\ncontent-disposition: form-data; name="file"; filename="d"\r\n\r\n`);
    for (let sent = 0; sent < size; sent += 10_000) yield Buffer.from(newUuid().padEnd(10_000, '.'));
    yield Buffer.from('\r\n--x--\r\n');
  }
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=x' };
  return new Promise<{ status?: number; code?: string; policy?: string }>((resolve, reject) => {
    const outgoing = request(`${url}/api/v1/agents/${id}/artifacts`, { method: 'POST', headers }, (answer) => {
      json(answer).then((body) => resolve({ status: answer.statusCode, ...(body as object) }), reject);
    });
    outgoing.on('error', reject);
    Readable.from(form()).pipe(outgoing);
  });
}
