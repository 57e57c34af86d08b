import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { claimHome } from './home.js';
import { findNatsServer } from './find-nats-server.js';
import { type RunningNats, startNats } from './nats.js';
import { processBirth } from './process-table.js';

let home: string;
let running: RunningNats | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'reenact-nats-'));
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(home, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startNats>[0]> = {}): Promise<RunningNats> {
  running = await startNats({ home, durable: false, ...options });
  return running;
}

async function streams(url: string, add?: string): Promise<string[]> {
  const { host, username, password } = new URL(url);
  const connection = await connect({ servers: host, user: username, pass: password });
  try {
    const manager = await jetstreamManager(connection);
    if (add) await manager.streams.add({ name: add, subjects: [`${add}.>`] });
    return await manager.streams.names().next();
  } finally {
    await connection.close();
  }
}

describe('start-nats', () => {
  it('keeps streams, port and password over a stop and a start, and leaves no process', async () => {
    const first = await start();
    await streams(first.url, 'KEPT');
    await first.stop();
    expect(processBirth(first.pid)).toBeUndefined();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await streams(second.url)).toEqual(['KEPT']);
    expect(statSync(join(home, 'nats/nats.conf')).mode & 0o777).toBe(0o600);
  });

  it('starts durable as well, and refuses a wrong password', async () => {
    const { port } = await start({ durable: true });
    await expect(
      connect({ servers: `127.0.0.1:${port}`, user: 'reenact', pass: 'wrong', maxReconnectAttempts: 0 }),
    ).rejects.toThrow(/authorization/i);
  });

  it('stops the server that a killed run left', async () => {
    const left = await start();
    await left.stop();
    running = undefined;
    const { path } = await findNatsServer();
    const orphan = spawn(path, ['-c', join(home, 'nats/nats.conf')], { detached: true, stdio: 'ignore' });
    await once(orphan, 'spawn');
    const ended = once(orphan, 'exit');
    await start();
    await ended;
  });

  it('says clearly that the port is used', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      await expect(start({ port })).rejects.toThrow(`Port ${port} for NATS is in use on 127.0.0.1`);
    } finally {
      other.close();
    }
  });

  it('reports when the server ends by itself', async () => {
    const ended = new Promise<string>((resolve) => {
      void start({ onExit: resolve }).then(({ pid }) => process.kill(pid, 'SIGKILL'));
    });
    await expect(ended).resolves.toMatch(/^nats-server was ended by SIGKILL/);
  });

  it('refuses a home that another live process holds, and takes over that of a dead one', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(other, 'spawn');
    writeFileSync(join(home, 'reenact.pid'), JSON.stringify({ pid: other.pid, birth: processBirth(other.pid as number) }));
    expect(() => claimHome(home)).toThrow(`Reenact is already running on ${home} (process ${other.pid})`);
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    claimHome(home).release();
  });
});
