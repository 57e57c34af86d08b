import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { sha256 } from '@reenact/contracts';
import { AgentProblem, AgentUnreachable, HeartbeatLoop, Spool, UploadLoop, type WriteDurably } from './index.js';
import { StandIn } from './stand-in.harness.js';
import { writeDurably } from './write-durably.js';

const bytes = Buffer.from('some evidence');
const fields = (second = 0) => ({ type: 'diagnostic' as const, capturedAt: `2026-11-23T12:00:0${second}.000Z`, bootId: 'b1' });
const once1 = { retry: { tries: 1 } };

let directory: string;
let server: StandIn;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'spool-'));
  server = await StandIn.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const files = (of = directory) => readdirSync(of).filter((name) => !name.startsWith('counter-'));
const numbers = () => server.uploads.map((body) => Number(/name="sequence"\r\n\r\n(\d+)/.exec(body.toString())?.[1]));
const add = (spool: Spool, second = 0, content: Buffer = bytes) => spool.add(Readable.from([content]), fields(second));

describe('Spool', () => {
  it('keeps an upload that did not get through, and sends the oldest first', async () => {
    const spool = new Spool(directory);
    await add(spool, 1, Buffer.from('second'));
    await add(spool, 0);
    server.answer = (path) => (path.includes('by-digest') ? undefined : { status: 503, body: { code: 'try_later' } });
    await expect(spool.flush(server.client(), once1)).rejects.toMatchObject({ code: 'try_later' });
    expect(await spool.pending()).toHaveLength(2);

    server.answer = () => undefined;
    const progress: number[] = [];
    await spool.flush(server.client(), { onProgress: (sent, total) => progress.push(sent / total) });
    expect(server.uploads.map((body) => StandIn.fileOf(body).toString())).toEqual(['some evidence', 'second']);
    expect(server.uploads[0].toString()).toContain(sha256(bytes));
    expect(progress.at(-1)).toBe(1);
    expect(files()).toEqual([]);
  });

  it('does not send what the server has under that number; under another it does, so that no number is missed', async () => {
    const spool = new Spool(directory);
    const known = { id: 'art_1', type: 'diagnostic', state: 'stored', bootId: 'b1', sequence: 1 };
    server.answer = (path) => (path.endsWith(sha256(bytes)) ? { status: 200, body: known } : undefined);
    await add(spool, 0);
    expect(await spool.flush(server.client())).toMatchObject([{ artifact: known, deduplicated: true }]);
    expect(numbers()).toEqual([]);
    await add(spool, 1);
    await spool.flush(server.client());
    expect(numbers()).toEqual([2]);
    expect(await spool.pending()).toEqual([]);
  });

  it('sends again what the server has damaged, and keeps it until then', async () => {
    const spool = new Spool(directory);
    await add(spool);
    const damaged = { id: 'art_1', type: 'diagnostic', state: 'quarantined', bootId: 'b1', sequence: 1 };
    server.answer = (path) => (path.endsWith(sha256(bytes)) ? { status: 200, body: damaged } : undefined);
    await spool.flush(server.client());
    expect(server.uploads.map((body) => StandIn.fileOf(body))).toEqual([bytes]);
    expect(await spool.pending()).toEqual([]);
  });

  it('says that nobody answered, with what the system said', async () => {
    const spool = new Spool(directory);
    await add(spool);
    const client = server.client();
    await server.stop();
    const error: unknown = await spool.flush(client, once1).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AgentUnreachable);
    expect((error as AgentUnreachable).message).toContain('ECONNREFUSED');
    expect(await spool.pending()).toHaveLength(1);
    server = await StandIn.start();
  });

  it('numbers uploads per boot, over restarts, and never gives a number twice', async () => {
    const first = new Spool(directory);
    await add(first);
    expect(await Promise.all([first.reserve('b1'), first.reserve('b1')])).toEqual([2, 3]);
    const second = new Spool(directory);
    await add(second, 1);
    expect(await second.reserve('b2')).toBe(1);
    await second.flush(server.client());
    expect(numbers()).toEqual([1, 4]);
  });

  it('keeps the oldest when it is full, and tells the gap with the next heartbeat', async () => {
    const spool = new Spool(directory, { maxEntries: 2 });
    await add(spool, 0);
    await add(spool, 1);
    await expect(add(spool, 2)).rejects.toMatchObject({ code: 'spool_full' });
    await spool.flush(server.client());
    await add(spool, 3);
    await spool.flush(server.client());
    expect(numbers()).toEqual([1, 2, 4]);
    const heard = new Promise<void>((resolve) => {
      server.answer = (path) => {
        if (path.endsWith('/heartbeats')) setImmediate(resolve);
        return undefined;
      };
    });
    const read = () => ({ status: 'ok' as const, counters: { records: 7 } });
    const loop = new HeartbeatLoop(server.client(), { bootId: 'b1', read, spool: new Spool(directory) });
    await heard;
    await loop.stop();
    expect(server.heartbeats[0]).toMatchObject({ sequence: 1, counters: { records: 7, gaps: 1, pending: 0, lastUpload: 4 } });
  });

  it('takes no more bytes than it may, and leaves nothing of what it gave up', async () => {
    const spool = new Spool(directory, { maxBytes: 10_000 });
    await add(spool, 0, Buffer.alloc(4_000));
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1_000);
      })(),
    );
    await expect(spool.add(endless, fields(1))).rejects.toMatchObject({ code: 'spool_full' });
    expect(endless.destroyed).toBe(true);
    expect(files()).toHaveLength(2);
    expect(await spool.gaps()).toBe(1);
  });

  it('gives up what a full disk has no room for, wherever it fills up, and goes on afterwards', async () => {
    for (const room of [0, 5, bytes.length, bytes.length + 40]) {
      let left = room;
      const write: WriteDurably = (path, chunks) =>
        writeDurably(
          path,
          (async function* () {
            for await (const chunk of chunks) {
              if (chunk.length > left) {
                yield chunk.subarray(0, left);
                throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
              }
              left -= chunk.length;
              yield chunk;
            }
          })(),
        );
      const spool = new Spool(directory, { write });
      await expect(add(spool)).rejects.toMatchObject({ name: 'SpoolProblem', code: 'disk_full' });
      expect(files()).toEqual([]);
    }
    const spool = new Spool(directory);
    expect(await spool.gaps()).toBe(4);
    await add(spool);
    await spool.flush(server.client());
    expect(numbers()).toEqual([5]);
  });

  it('sets aside what the server refuses for good, says so, and sends the rest', async () => {
    const spool = new Spool(directory);
    await add(spool, 0, Buffer.from('malformed'));
    await add(spool, 1);
    server.answer = (_path, body) =>
      body.includes('malformed') ? { status: 422, body: { code: 'artifact_malformed', detail: 'no manifest' } } : undefined;
    await expect(spool.flush(server.client())).rejects.toMatchObject({ code: 'artifact_malformed' });
    expect(server.uploads.map((body) => StandIn.fileOf(body).toString())).toEqual(['some evidence']);
    expect(await spool.pending()).toEqual([]);
    const aside = join(directory, 'set-aside');
    const report = readdirSync(aside).find((name) => name.endsWith('.report.json')) ?? '';
    expect(readFileSync(join(aside, report), 'utf8')).toContain('artifact_malformed: no manifest');
    expect(await spool.gaps()).toBe(1);
  });

  it('keeps what a wrong key could not send', async () => {
    const spool = new Spool(directory);
    await add(spool);
    server.answer = () => ({ status: 401, body: { code: 'credential_revoked' } });
    await expect(spool.flush(server.client())).rejects.toMatchObject({ code: 'credential_revoked' });
    expect(await spool.pending()).toHaveLength(1);
  });

  it('sends only what is whole, wherever a file was cut', async () => {
    const whole = mkdtempSync(join(tmpdir(), 'spool-'));
    try {
      const name = await add(new Spool(whole));
      const sizes = { bin: bytes.length, json: readFileSync(join(whole, `${name}.json`)).length };
      for (const end of ['bin', 'json'] as const) {
        for (let size = 0; size < sizes[end]; size += 1) {
          const cut = join(directory, `${end}-${size}`);
          cpSync(whole, cut, { recursive: true });
          truncateSync(join(cut, `${name}.${end}`), size);
          const spool = new Spool(cut);
          expect(await spool.flush(server.client())).toEqual([]);
          expect(await spool.pending()).toEqual([]);
          expect(await spool.gaps()).toBe(1);
          expect(readdirSync(join(cut, 'set-aside'))).toContain(`${name}.report.json`);
        }
      }
      expect(server.uploads).toEqual([]);
      const path = join(whole, `${name}.bin`);
      writeFileSync(path, 'same length!!');
      await new Spool(whole).flush(server.client());
      expect(server.uploads).toEqual([]);
    } finally {
      rmSync(whole, { recursive: true });
    }
  });

  it('bounds what it sets aside', async () => {
    const spool = new Spool(directory);
    for (let n = 0; n < 20; n += 1) writeFileSync(join(directory, `2026112312000${String(n).padStart(2, '0')}Z-x.json`), '{');
    await spool.flush(server.client());
    expect(new Set(readdirSync(join(directory, 'set-aside')).map((name) => name.split('.')[0])).size).toBe(16);
    expect(await spool.gaps()).toBe(20);
  });

  it('passes over what a crash left half written, and takes it away', async () => {
    writeFileSync(join(directory, 'draft-1-x'), 'half');
    writeFileSync(join(directory, '20261123T120000000Z-abc.bin'), 'no fields');
    const spool = new Spool(directory);
    expect(await spool.pending()).toEqual([]);
    const name = await add(spool);
    expect(files().sort()).toEqual([`${name}.bin`, `${name}.json`]);
  });

  it('survives being killed at any time: every entry is sent whole, and numbers never repeat', async () => {
    const sdk = join(__dirname, '..');
    await promisify(execFile)(join(sdk, '../../node_modules/.bin/tsc'), ['-b', sdk]);
    const script = `
      import { Readable } from 'node:stream';
      import { Spool } from ${JSON.stringify(join(sdk, 'dist/index.js'))};
      const spool = new Spool(process.argv[1]);
      for (let n = 0; ; n += 1) {
        const size = 1 + Math.floor(Math.random() * 200_000);
        const capturedAt = new Date().toISOString();
        await spool.add(Readable.from([Buffer.alloc(size, n)]), { type: 'diagnostic', capturedAt, bootId: 'b1' });
        process.stdout.write('.');
      }`;
    let kept = 0;
    for (let round = 0; round < 4; round += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
      child.kill('SIGKILL');
      await exited;
      const spool = new Spool(directory);
      kept += (await spool.pending()).length;
      await spool.flush(server.client());
      expect(await spool.gaps()).toBe(0);
    }
    expect(server.uploads).toHaveLength(kept);
    for (const body of server.uploads) expect(body.toString('latin1')).toContain(sha256(StandIn.fileOf(body)));
    expect(numbers()).toEqual([...new Set(numbers())].sort((a, b) => a - b));
    expect(kept).toBeGreaterThanOrEqual(4);
  });
});

describe('UploadLoop', () => {
  it('waits out days of outage, longer each time and as long as it is asked, and then sends everything', async () => {
    const spool = new Spool(directory);
    await add(spool, 0);
    await add(spool, 1);
    const DAY = 24 * 60 * 60_000;
    let passed = 0;
    const waits: number[] = [];
    server.answer = () =>
      passed < 3 * DAY
        ? { status: 503, body: { code: 'try_later' }, headers: waits.length === 5 ? { 'retry-after': '7200' } : undefined }
        : undefined;
    const errors: unknown[] = [];
    const sent = new Promise<number>((resolve) => {
      const loop: UploadLoop = new UploadLoop(spool, server.client(), {
        onUploaded: (results) => resolve(loop.stop().then(() => results.length)),
        onError: (error) => errors.push(error),
        sleep: async (ms) => {
          passed += ms;
          waits.push(ms);
        },
      });
    });
    expect(await sent).toBe(2);
    expect(waits[0]).toBeLessThan(1_500);
    expect(waits[3]).toBeGreaterThan(6_000);
    expect(waits[5]).toBe(7_200_000);
    expect(Math.max(...waits.filter((ms) => ms !== 7_200_000))).toBeLessThanOrEqual(360_000);
    expect(errors.every((error) => error instanceof AgentProblem && error.isTemporary)).toBe(true);
    expect(await spool.pending()).toEqual([]);
  });

  it('looks at once when nudged, and ends when stopped', async () => {
    const spool = new Spool(directory);
    const sent = new Promise<void>((resolve) => {
      const loop: UploadLoop = new UploadLoop(spool, server.client(), {
        intervalMs: 3_600_000,
        onUploaded: () => resolve(loop.stop()),
      });
      setImmediate(() => void add(spool).then(() => loop.nudge()));
    });
    await sent;
    expect(server.uploads).toHaveLength(1);
  });
});
