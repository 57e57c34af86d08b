import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { CAPTURED_AT, type Harness, startHarness } from '../ingest.harness.js';

const MIB = 1024 * 1024;
const ENROLMENT = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
const JSON_OF_10 = 'content-type: application/json\r\ncontent-length: 10';

describe('request-gate', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness(DEFAULT_LIMITS, undefined, undefined, {
      maxRequests: 4,
      maxUnauthenticatedPerAddress: 2,
      maxBytes: 9 * MIB,
    });
  });
  afterAll(() => ingest?.stop());

  /** Heartbeats whose bodies never come. */
  const stuck = (count: number, headers: string) => {
    const agent = ingest.addAgent();
    return openRequests(ingest, count, `/api/v1/agents/${agent.id}/heartbeats`, agent.key, headers);
  };
  const inFlight = async (name: string) => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(new RegExp(`^reenact_ingest_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  it.each([
    ['requests', 4, JSON_OF_10],
    ['bytes of bodies', 2, `content-type: application/json\r\ncontent-length: ${4 * MIB}`],
    ['bytes of bodies of unknown length', 2, 'content-type: application/json\r\ntransfer-encoding: chunked'],
  ])(
    'says try_later when too many %s are held, stays visible, and takes more when they are gone',
    async (_name, count, headers) => {
      const sockets = await stuck(count, headers);
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(count));
      const agent = ingest.addAgent();
      const body = { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok', counters: { n: 1 } };
      const filler = ' '.repeat(MIB);
      const send = () =>
        ingest.send('POST', `/api/v1/agents/${agent.id}/heartbeats`, {
          headers: { ...ingest.bearer(agent.key), 'content-type': 'application/json' },
          body: JSON.stringify(body) + filler,
        });
      const refused = await Promise.all(Array.from({ length: 20 }, send));
      for (const answer of refused) {
        expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'try_later', '1']);
      }
      expect(await inFlight('requests_in_flight')).toBe(count);
      expect((await fetch(`${ingest.url}/healthz`)).status).toBe(200);
      for (const socket of sockets) socket.destroy();
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(0));
      expect(await inFlight('request_bytes_in_flight')).toBe(0);
      expect((await send()).status).toBe(202);
    },
  );

  it.each([
    ['requests', 2, JSON_OF_10],
    ['bytes', 1, 'content-type: application/json\r\ntransfer-encoding: chunked'],
  ])(
    'lets one address hold only a part of its %s with what no agent key opens, and its agents go on',
    async (_of, count, headers) => {
      const sockets = await openRequests(ingest, count, ENROLMENT, ingest.enrolmentToken(), headers);
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(count));
      const [refused] = await openRequests(ingest, 1, ENROLMENT, ingest.enrolmentToken(), headers);
      const [answer] = (await once(refused, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 503 [^]*"code":"try_later"/);
      sockets.push(refused, ...(await stuck(1, headers)));
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(count + 1));
      sockets[0].destroy();
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(count));
      expect((await ingest.post(ENROLMENT, ingest.enrolmentToken(), {})).status).toBe(201);
      for (const socket of sockets) socket.destroy();
      await eventually(async () => expect(await inFlight('requests_in_flight')).toBe(0));
    },
  );
});

describe('request-gate, with little patience', () => {
  let ingest: Harness;

  beforeAll(async () => {
    const capacity = { maxRequests: 8, maxUnauthenticatedPerAddress: 8, maxBytes: 64 * MIB };
    ingest = await startHarness(DEFAULT_LIMITS, undefined, undefined, capacity, { headersMs: 10_000, bodyMs: 200 });
  });
  afterAll(() => ingest?.stop());

  it('is free again when bodies that were promised do not come in time, whoever promised them', async () => {
    const agent = ingest.addAgent();
    const beats = await openRequests(ingest, 4, `/api/v1/agents/${agent.id}/heartbeats`, agent.key, JSON_OF_10);
    const enrolments = await openRequests(ingest, 4, ENROLMENT, ingest.enrolmentToken(), JSON_OF_10);
    for (const socket of [...beats, ...enrolments]) {
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request_timeout"/);
    }
    expect((await ingest.post(ENROLMENT, ingest.enrolmentToken(), {})).status).toBe(201);
  });
});

/** Requests that end with their headers. */
function openRequests({ url }: Harness, count: number, path: string, key: string, headers: string): Promise<Socket[]> {
  const { hostname, port } = new URL(url);
  return Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(Number(port), hostname);
      const head = `POST ${path} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${key}\r\n`;
      await new Promise<void>((resolve) => socket.write(`${head}${headers}\r\n\r\n`, () => resolve()));
      return socket;
    }),
  );
}
