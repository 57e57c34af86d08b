import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type RunningPostgres, startPostgres } from './postgres.js';
import { postgresBinaries } from './postgres-binaries.js';
import { processBirth } from './process-table.js';
import { postgresUser } from './system-user.js';

let home: string;
let running: RunningPostgres | undefined;
let dataDirectory: string | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'reenact-pg-'));
  chmodSync(home, 0o755);
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(home, { recursive: true, force: true });
  if (dataDirectory) rmSync(dirname(dataDirectory), { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startPostgres>[0]> = {}): Promise<RunningPostgres> {
  running = await startPostgres({ home, durable: false, ...options });
  dataDirectory = running.dataDirectory;
  return running;
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('start-postgres', () => {
  it('keeps data, port and password over a stop and a start, and leaves no process', async () => {
    const first = await start();
    await query(first.url, 'create table kept (n int); insert into kept values (7)');
    await first.stop();
    expect(processBirth(first.pid)).toBeUndefined();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
    expect(statSync(join(home, 'postgres.json')).mode & 0o777).toBe(0o600);
  });

  it('listens on loopback only and wants the password', async () => {
    const { url, port } = await start();
    expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await expect(query(`postgres://reenact:wrong@127.0.0.1:${port}/reenact`, 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('puts the data in a place of its own when the server user cannot enter the home', async () => {
    if (process.getuid?.() !== 0) return;
    chmodSync(home, 0o700);
    const first = await start();
    expect(first.dataDirectory).toMatch(/^\/var\/lib\/reenact\//);
    await query(first.url, 'create table kept (n int)');
    await first.stop();
    expect((await start()).dataDirectory).toBe(first.dataDirectory);
    expect(await query(first.url, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
  });

  it('stops the server that a killed run left and starts on its data', async () => {
    const left = await start();
    await query(left.url, 'create table kept (n int)');
    // A server that is nobody's any more, as after a SIGKILL of the process that had started it.
    const script = `setsid "$@" >/dev/null 2>&1 & echo $!`;
    await left.stop();
    running = undefined;
    const user = statSync(left.dataDirectory);
    const command = join(postgresBinaries(postgresUser()), 'bin/postgres');
    const args = [
      '-D',
      left.dataDirectory,
      '-p',
      String(left.port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
    ];
    const owner = process.getuid?.() === 0 ? { uid: user.uid, gid: user.gid } : {};
    const orphan = Number(execFileSync('sh', ['-c', script, 'sh', command, ...args], { encoding: 'utf8', cwd: '/', ...owner }));
    while (!(await query(left.url, 'select 1').catch(() => false))) expect(processBirth(orphan)).toBeDefined();
    const again = await start();
    expect(processBirth(orphan)).toBeUndefined();
    expect(await query(again.url, 'select count(*)::int as n from kept')).toEqual([{ n: 0 }]);
  });

  it('says clearly that the port is used', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    try {
      await expect(start({ port })).rejects.toThrow(`Port ${port} for PostgreSQL is in use on 127.0.0.1`);
    } finally {
      other.close();
    }
    expect(existsSync(join(home, 'reenact.pid'))).toBe(false);
  });

  it('reports when the server ends by itself', async () => {
    const ended = new Promise<string>((resolve) => {
      void start({ onExit: resolve }).then(({ pid }) => process.kill(pid, 'SIGQUIT'));
    });
    await expect(ended).resolves.toMatch(/^PostgreSQL /);
  });

  it('runs in a process group of its own, so that a Ctrl-C for its parent does not reach it', async () => {
    const { pid } = await start();
    const group = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')[2];
    expect(Number(group)).toBe(pid);
  });
});
