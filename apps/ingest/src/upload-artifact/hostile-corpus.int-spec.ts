import { Agent as HttpAgent, request } from 'node:http';
import { Problem, PROBLEMS } from '@reenact/contracts';
import { DEFAULT_ARCHIVE_LIMITS, inspectArtifact } from '@reenact/pipeline';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { bundleOf, CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { bombs, type HostileFile, hostileFile, Random, truncations, withManifest } from './hostile-archives.harness.js';
import { heldMemory } from './held-memory.harness.js';
import { type HostileForm, honestForm, hostileForm } from './hostile-forms.harness.js';

/** With each seed. Every one of them goes through the parser, and one of so many through HTTP besides. */
const CASES = Math.ceil(Number(process.env.REENACT_HOSTILE_CASES ?? 20_000) / 2);
const REQUESTS = Math.ceil(CASES / 20);
const SEEDS: [string, number][] = [
  ['a fixed', 20_261_123],
  ['a random', Number(process.env.REENACT_HOSTILE_SEED ?? Date.now() % 2 ** 31)],
];
const AT_ONCE = 4;
const CASE_MS = 30_000;
const MIB = 1024 * 1024;
/** What code and pools that are used for the first time may take. */
const MAX_GROWTH = { heap: 8 * MIB, rss: 96 * MIB };
/** Large, but text all the same, or small. */
const HARMLESS = ['a line without an end', 'a deep document', 'many members'];
const REFUSALS = ['artifact_malformed', 'artifact_type_mismatch', 'artifact_too_large'];

process.stdout.write(
  `hostile corpus: ${2 * CASES} cases, ${2 * REQUESTS} requests, seeds ${SEEDS.map(([, seed]) => seed).join(' and ')}\n`,
);

describe('upload-artifact, hostile', () => {
  let ingest: Harness;
  let agent: TestAgent;
  let tar: Buffer;

  beforeAll(async () => {
    const many = 10_000_000;
    const rates = {
      ...DEFAULT_LIMITS.rates,
      uploadsPerMinute: many,
      uploadBytesPerMinute: many * MIB,
      concurrentUploads: 50,
      enrolmentsPerMinute: many,
    };
    ingest = await startHarness({ ...DEFAULT_LIMITS, rates });
    agent = ingest.addAgent();
    tar = await bundleOf(agent, { gzip: false, records: 20 });
  });
  afterAll(() => ingest.stop());

  describe('archives for the parser alone', () => {
    const inspect = async ({ name, type, bytes }: HostileFile, size: number) => {
      const outcome = await inspectArtifact(type, pieces(bytes, size), DEFAULT_ARCHIVE_LIMITS).then(
        () => 'taken',
        (error: unknown) => (error instanceof Problem && REFUSALS.includes(error.code) ? 'refused' : String(error)),
      );
      if (outcome !== 'taken' && outcome !== 'refused') throw new Error(`${name}: ${outcome}`);
      return outcome;
    };

    it.each(SEEDS)(
      'end in clean refusals, with %s seed',
      async (_name, seed) => {
        const random = new Random(seed);
        const outcomes = { taken: 0, refused: 0 };
        await staysFlat(async () => {
          for (let n = 0; n < CASES; n += 1) {
            const file = hostileFile(random, tar);
            outcomes[await inspect({ ...file, name: `seed ${seed}, case ${n}: ${file.name}` }, 1 + random.int(8192))] += 1;
          }
        });
        expect(outcomes.refused).toBeGreaterThan(CASES / 2);
      },
      600_000,
    );

    it('are refused when they are bombs or cut at every 1 KiB', async () => {
      for (const file of [...bombs(tar), ...truncations(tar, 1024)]) {
        const outcome = await inspect(file, 65_536);
        if (!HARMLESS.includes(file.name)) expect([file.name, outcome]).toEqual([file.name, 'refused']);
      }
    }, 60_000);
  });

  describe('requests', () => {
    const connections = new HttpAgent({ keepAlive: false });

    const send = ({ contentType, body, hangUpAfter }: HostileForm) =>
      new Promise<{ status: number; text: string } | undefined>((resolve) => {
        const headers = { ...ingest.bearer(agent.key), 'content-type': contentType, 'content-length': String(body.length) };
        const url = `${ingest.url}/api/v1/agents/${agent.id}/artifacts`;
        const outgoing = request(url, { method: 'POST', agent: connections, headers, timeout: CASE_MS }, (answer) => {
          const parts: Buffer[] = [];
          answer.on('data', (part: Buffer) => parts.push(part));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
          answer.on('error', () => resolve(undefined));
        });
        outgoing.on('timeout', () => outgoing.destroy());
        outgoing.on('error', () => resolve(undefined));
        outgoing.on('close', () => resolve(undefined));
        if (hangUpAfter === undefined) outgoing.end(body);
        else outgoing.write(body.subarray(0, hangUpAfter), () => outgoing.destroy());
      });

    /** Answers whether it was taken. Throws for an answer that is neither that nor a problem of the sender's. */
    const outcome = async (form: HostileForm): Promise<boolean> => {
      const answer = await send(form);
      if (form.hangUpAfter !== undefined) return answer?.status === 201;
      if (!answer) throw new Error(`${form.name}: no answer`);
      if (answer.status === 200 || answer.status === 201) return true;
      const { code } = JSON.parse(answer.text) as { code: keyof typeof PROBLEMS };
      const clean = answer.status >= 400 && answer.status < 500 && PROBLEMS[code].status === answer.status;
      if (!clean) throw new Error(`${form.name}: ${answer.status} ${answer.text}`);
      return false;
    };

    const leavesOnlyTaken = async (forms: Iterable<HostileForm>) => {
      const next = forms[Symbol.iterator]();
      let [total, taken] = [0, 0];
      await Promise.all(
        Array.from({ length: AT_ONCE }, async () => {
          for (let each = next.next(); !each.done; each = next.next()) {
            total += 1;
            if (await outcome(each.value)) taken += 1;
          }
        }),
      );
      await eventually(
        async () => {
          const { files, blobs, artifacts } = await ingest.inventory();
          expect(files.filter((file) => file.includes('.staging'))).toEqual([]);
          expect(files).toHaveLength(blobs);
          expect(artifacts).toBe(blobs);
          expect(await ingest.rows(`select key from ingest.blob where state <> 'stored'`)).toEqual([]);
        },
        { timeoutMs: 15_000 },
      );
      return { total, taken };
    };

    it('with archives that are bombs or cut at every 1 KiB, and forms cut there, leave nothing', async () => {
      const honest = honestForm({ name: 'form', type: 'incident_bundle', bytes: tar });
      const cuts = Array.from({ length: Math.ceil(honest.body.length / 1024) }, (_, n) => ({
        ...honest,
        name: `form up to ${n * 1024}`,
        body: honest.body.subarray(0, n * 1024),
      }));
      const { taken } = await leavesOnlyTaken([...[...bombs(tar), ...truncations(tar, 1024)].map(honestForm), ...cuts]);
      expect(taken).toBeLessThanOrEqual(HARMLESS.length);
    }, 120_000);

    it.each(['\0', 'a\0b', '\ud800', 'a\udc00b'])(
      'with the text %j that no database keeps are refused wherever it stands',
      async (text) => {
        const incident = { title: 'T', severity: 'low' as const, fingerprint: 'f' };
        const journal = { lane: 'webhooks', records: 20 };
        const heads = [
          { bootId: text },
          { incident: { ...incident, title: text } },
          { incident: { ...incident, fingerprint: text } },
          { incident: { ...incident, labels: { name: text } } },
          { incident: { ...incident, labels: { [text]: 'value' } } },
          { journal: { ...journal, streamId: text } },
          { redactions: [text] },
        ];
        for (const head of heads) {
          const { status, body } = await ingest.upload(
            agent,
            withManifest(tar, (manifest) => Object.assign(manifest, head)),
          );
          expect([head, status, body.code]).toEqual([head, 422, 'artifact_malformed']);
        }
        const beat = { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok' };
        const path = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
        const answers = [
          await ingest.post(`/api/v1/agents/${agent.id}/heartbeats`, agent.key, { ...beat, bootId: text }),
          await ingest.post(`/api/v1/agents/${agent.id}/heartbeats`, agent.key, { ...beat, counters: { [text]: 1 } }),
          await ingest.post(path, ingest.enrolmentToken(), { name: text }),
          await ingest.post(path, ingest.enrolmentToken(), { labels: { name: text } }),
          await ingest.post(path, ingest.enrolmentToken(), { labels: { [text]: 'value' } }),
          await ingest.post(path, ingest.enrolmentToken(), { nonce: `${text}12345678` }),
        ];
        expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [422, 'validation_failed']));
        // A form is UTF-8, which has no halves of pairs: the fetch would send something else.
        if (!text.includes('\0')) return;
        const field = await ingest.upload(agent, Buffer.from('{}'), { type: 'diagnostic', bootId: text });
        expect([field.status, field.body.code]).toEqual([422, 'validation_failed']);
      },
    );

    it.each(SEEDS)(
      'end in clean refusals and leave nothing but what was taken, with %s seed',
      async (_name, seed) => {
        function* forms(): Generator<HostileForm> {
          const random = new Random(seed);
          for (let n = 0; n < REQUESTS; n += 1) {
            const file = hostileFile(random, tar);
            const form = random.int(2) === 0 ? honestForm(file) : hostileForm(random, file);
            yield { ...form, name: `seed ${seed}, case ${n}: ${form.name}` };
          }
        }
        const { total, taken } = await staysFlat(() => leavesOnlyTaken(forms()));
        expect(total).toBe(REQUESTS);
        expect(taken).toBeLessThan(REQUESTS / 2);
      },
      1_800_000,
    );
  });
});

/** Whatever comes, and however often: nothing of it stays in memory. */
async function staysFlat<T>(work: () => Promise<T>): Promise<T> {
  const before = await heldMemory();
  const result = await work();
  const after = await heldMemory();
  const growth = {
    heap: after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers,
    rss: after.rss - before.rss,
  };
  const inMib = Object.entries(growth).map(([name, bytes]) => `${name} ${(bytes / MIB).toFixed(1)} MiB`);
  process.stdout.write(`hostile corpus: memory grew by ${inMib.join(', ')}\n`);
  expect(growth.heap).toBeLessThan(MAX_GROWTH.heap);
  expect(growth.rss).toBeLessThan(MAX_GROWTH.rss);
  return result;
}

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
