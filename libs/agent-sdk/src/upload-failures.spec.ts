import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Spool, UploadCutOff, UploadLoop } from './index.js';
import { StandIn, type StandInAnswer } from './stand-in.harness.js';

const LONGEST_PAUSE_MS = 6 * 60_000;
const once1 = { retry: { tries: 1 } };
/** More than what sockets keep on their way. */
const large = Buffer.alloc(8 * 1024 * 1024, 'L');

let directory: string;
let server: StandIn;
let now: number;
let spool: Spool;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'upload-failures-'));
  server = await StandIn.start();
  now = 0;
  spool = new Spool(directory, { now: () => now });
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

let second = 0;
const add = async (...contents: (string | Uint8Array)[]) => {
  for (const content of contents) {
    second += 1;
    const capturedAt = new Date(Date.UTC(2026, 10, 23) + second * 1000).toISOString();
    await spool.add(Readable.from([Buffer.from(content)]), { type: 'diagnostic', capturedAt, bootId: 'b1' });
  }
};
const sent = () => server.uploads.map((body) => StandIn.fileOf(body).toString().slice(0, 9));
const isUpload = ({ method, url }: IncomingMessage) => method === 'POST' && url?.endsWith('/artifacts');
const refuse = (marked: string, answer: StandInAnswer) => {
  server.answer = (_path, body) => (body.includes(marked) ? answer : undefined);
};
/** What becomes of uploads that are that long. */
const onLarge = (act: (request: IncomingMessage, response: ServerResponse) => void) => {
  server.intercept = (request, response) => {
    if (!isUpload(request) || Number(request.headers['content-length']) < large.length) return false;
    act(request, response);
    return true;
  };
};

describe('Spool.flush', () => {
  const cuts: [string, (request: IncomingMessage, response: ServerResponse) => void][] = [
    [
      'is told that its end did not come',
      (_request, response) => void response.writeHead(422).end('{"code":"upload_incomplete"}'),
    ],
    ['is told by a proxy that it takes too long', (_request, response) => void response.writeHead(408).end()],
    ['is too large for a proxy', (_request, response) => void response.writeHead(413).end('<html>Too large</html>')],
    ['is cut off', (request) => request.once('data', () => request.socket.destroy())],
    ['stalls', () => undefined],
  ];
  for (const [what, act] of cuts) {
    it(`keeps an entry whose upload ${what}, sends the others and later that one`, async () => {
      await add(large, 'second', 'third');
      onLarge(act);
      // Short only where it is waited for: a busy machine is slow with the others too.
      const impatient = server.client(what === 'stalls' ? { stallMs: 3_000 } : {});
      const client = server.client();
      await expect(spool.flush(impatient, once1)).rejects.toThrow();
      expect(sent()).toEqual(['second', 'third']);
      expect([(await spool.pending()).length, await spool.gaps()]).toEqual([1, 0]);

      server.intercept = () => false;
      expect(await spool.flush(client, once1)).toEqual([]);
      now += LONGEST_PAUSE_MS;
      await spool.flush(client, once1);
      expect(sent()).toEqual(['second', 'third', 'LLLLLLLLL']);
      expect([(await spool.pending()).length, await spool.gaps()]).toEqual([0, 0]);
    });
  }

  it('passes over an entry that breaks the server, waits longer for it each time, and tells of it', async () => {
    await add('poison', 'second');
    refuse('poison', { status: 500, body: { code: 'internal' } });
    const uploaded: unknown[] = [];
    const flush = () => spool.flush(server.client(), { ...once1, onUploaded: (result) => uploaded.push(result) });
    await expect(flush()).rejects.toMatchObject({ code: 'internal' });
    expect(uploaded).toHaveLength(1);

    const waits: number[] = [];
    for (let failures = 1; failures < 12; failures += 1) {
      const begin = now;
      for (;;) {
        now += 100;
        const failed = await flush().then(
          () => false,
          () => true,
        );
        if (failed) break;
      }
      waits.push(now - begin);
    }
    expect(waits[0]).toBeLessThanOrEqual(1_300);
    expect(waits[5]).toBeGreaterThan(waits[1] * 4);
    expect(Math.max(...waits)).toBeLessThanOrEqual(LONGEST_PAUSE_MS);
    await add('third');
    await flush();
    expect(sent()).toEqual(['second', 'third']);
    expect(await spool.pending()).toHaveLength(1);
  }, 60_000);

  it('does not go on when the server is busy or gone', async () => {
    await add('first', 'second');
    for (const status of [429, 503, 401]) {
      let calls = 0;
      server.answer = (path) => {
        if (path.includes('by-digest')) return undefined;
        calls += 1;
        return { status, body: { code: 'any' } };
      };
      await expect(spool.flush(server.client(), once1)).rejects.toMatchObject({ status });
      expect(calls).toBe(1);
    }
    server.answer = () => undefined;
    await spool.flush(server.client(), once1);
    expect(sent()).toEqual(['first', 'second']);
  });

  it('goes on to the next entry after a cut, and no further when nobody answers then', async () => {
    await add(large, 'second', 'third');
    const asked: string[] = [];
    onLarge((request) => {
      request.once('data', () => request.socket.destroy());
      server.intercept = ({ url = '', socket }) => {
        asked.push(url);
        socket.destroy();
        return true;
      };
    });
    const error: unknown = await spool.flush(server.client(), once1).catch((thrown: unknown) => thrown);
    expect(error).not.toBeInstanceOf(UploadCutOff);
    expect(error).toMatchObject({ name: 'AgentUnreachable' });
    expect(asked).toHaveLength(1);
    expect(await spool.pending()).toHaveLength(3);
  });

  it('takes damage on the wire for chance, until it happens each time', async () => {
    await add('mangled', 'second');
    refuse('mangled', { status: 422, body: { code: 'digest_mismatch' } });
    for (let n = 1; n <= 8; n += 1) {
      expect([(await spool.pending()).length > 0, await spool.gaps()]).toEqual([true, 0]);
      await expect(spool.flush(server.client(), once1)).rejects.toMatchObject({ code: 'digest_mismatch' });
      now += LONGEST_PAUSE_MS;
    }
    expect([(await spool.pending()).length, await spool.gaps()]).toEqual([0, 1]);
    const aside = join(directory, 'set-aside');
    const report = readdirSync(aside).find((name) => name.endsWith('.report.json')) ?? '';
    expect(readFileSync(join(aside, report), 'utf8')).toContain('digest_mismatch');
    expect(sent()).toEqual(['second']);
  });
});

describe('UploadLoop', () => {
  it('stops in the middle of an upload, tells no error of it, and keeps the entry', async () => {
    await add(large);
    const errors: unknown[] = [];
    const begun = new Promise<void>((resolve) => onLarge(() => resolve()));
    const loop = new UploadLoop(spool, server.client(), { onError: (error) => errors.push(error) });
    await begun;
    await loop.stop();
    expect(errors).toEqual([]);
    expect(await spool.pending()).toHaveLength(1);
  });

  it('tells what was sent beside what was not', async () => {
    await add('poison', 'second');
    refuse('poison', { status: 500, body: { code: 'internal' } });
    const told: unknown[] = [];
    await new Promise<void>((resolve) => {
      const loop: UploadLoop = new UploadLoop(spool, server.client(), {
        onUploaded: (results) => told.push(results.length),
        onError: (error) => {
          told.push(error);
          resolve(loop.stop());
        },
      });
    });
    expect(told).toEqual([1, expect.objectContaining({ code: 'internal' })]);
  });
});
