import { connect, type Socket } from 'node:net';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { CAPTURED_AT, type Harness, startHarness } from '../ingest.harness.js';

const MIB = 1024 * 1024;

describe('request-gate', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness(DEFAULT_LIMITS, undefined, undefined, { maxRequests: 4, maxBytes: 9 * MIB });
  });
  afterAll(() => ingest?.stop());

  /** Requests whose bodies never come. */
  const stuck = async (count: number, headers: string): Promise<Socket[]> => {
    const agent = ingest.addAgent();
    const { hostname, port } = new URL(ingest.url);
    return Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect(Number(port), hostname);
        const head = `POST /api/v1/agents/${agent.id}/heartbeats HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${agent.key}\r\n`;
        await new Promise<void>((resolve) => socket.write(`${head}${headers}\r\n\r\n`, () => resolve()));
        return socket;
      }),
    );
  };
  const inFlight = async (name: string) => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(new RegExp(`^reenact_ingest_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  it.each([
    ['requests', 4, 'content-type: application/json\r\ncontent-length: 10'],
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
});
