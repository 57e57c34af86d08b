import type { IncomingMessage } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '@reenact/contracts';
import { AgentUnreachable, HeartbeatLoop, type HeartbeatReading, type UploadFields } from './index.js';
import { StandIn } from './stand-in.harness.js';

/** More than what sockets keep on their way. */
const bytes = Buffer.alloc(32 * 1024 * 1024, 'evidence');
const fields: UploadFields = { type: 'diagnostic', capturedAt: '2026-11-23T12:00:00.000Z', sha256: sha256(bytes) };
const reading: HeartbeatReading = { at: '2026-11-23T12:00:00.000Z', bootId: 'b1', sequence: 1, status: 'ok' };
const once1 = { tries: 1 };

let directory: string;
let file: string;
let server: StandIn;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'agent-client-'));
  file = join(directory, 'evidence');
  writeFileSync(file, bytes);
  server = await StandIn.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** The next request that gets no answer; its body is not read either. */
const nextSilence = (matching: string) =>
  new Promise<IncomingMessage>((resolve) => {
    server.intercept = (request) => {
      if (!request.url?.endsWith(matching)) return false;
      resolve(request);
      return true;
    };
  });

describe('AgentClient', () => {
  it('says how long an upload is', async () => {
    let headers: IncomingMessage['headers'] = {};
    server.intercept = (request) => {
      if (request.method === 'POST') headers = request.headers;
      return false;
    };
    await server.client().upload(file, fields);
    expect(headers).toMatchObject({ 'content-length': String(server.uploads[0].length) });
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(StandIn.fileOf(server.uploads[0]).equals(bytes)).toBe(true);
  });

  it('waits no longer for an answer than it should', async () => {
    void nextSilence('');
    const client = server.client({ answerMs: 50 });
    await expect(client.heartbeat(reading, once1)).rejects.toThrow(AgentUnreachable);
    await expect(client.findArtifact(fields.sha256, once1)).rejects.toThrow('nothing went on for 50 ms');
  });

  it('waits no longer for the rest of an answer either', async () => {
    server.intercept = (_request, response) => {
      response.writeHead(202, { 'content-type': 'application/json' }).write('{');
      return true;
    };
    await expect(server.client({ answerMs: 50 }).heartbeat(reading, once1)).rejects.toThrow(AgentUnreachable);
  });

  it('gives up an upload that stalls, and not one that goes on slowly', async () => {
    void nextSilence('/artifacts');
    const stalled = server.client({ stallMs: 2_000 }).upload(file, fields, { retry: once1 });
    await expect(stalled).rejects.toMatchObject({ code: 'upload_cut_off' });

    let took = 0;
    server.intercept = (request, response) => {
      if (!request.url?.endsWith('/artifacts')) return false;
      const begin = performance.now();
      request.on('data', () => {
        request.pause();
        setTimeout(() => request.resume(), 5);
      });
      request.on('end', () => {
        took = performance.now() - begin;
        response.writeHead(201).end('{"deduplicated":false}');
      });
      return true;
    };
    await server.client({ stallMs: 1_500 }).upload(file, fields, { retry: once1 });
    expect(took).toBeGreaterThan(1_500);
  });

  it('ends a call at once when its caller calls it off', async () => {
    for (const call of ['heartbeats', 'artifacts'] as const) {
      const stop = new AbortController();
      const retry = { signal: stop.signal };
      const asked = nextSilence(`/${call}`);
      const client = server.client();
      const calling = call === 'heartbeats' ? client.heartbeat(reading, retry) : client.upload(file, fields, { retry });
      const outcome = calling.catch((error: unknown) => error);
      const request = await asked;
      const closed = new Promise((resolve) => request.socket.once('close', resolve));
      stop.abort(new Error('enough'));
      expect(await outcome).toEqual(new Error('enough'));
      await closed;
    }
  });
});

describe('HeartbeatLoop', () => {
  it('stops while the server is silent, and tells no error of it', async () => {
    const asked = nextSilence('/heartbeats');
    const errors: unknown[] = [];
    const read = () => ({ status: 'ok' as const });
    const loop = new HeartbeatLoop(server.client(), { bootId: 'b1', read, onError: (error) => errors.push(error) });
    await asked;
    await loop.stop();
    expect(errors).toEqual([]);
  });
});
