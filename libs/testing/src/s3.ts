import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** The server's version is pinned: the suite should fail for our changes, not for theirs. */
const VERSION = 'v1.8.0';
const ACCESS_KEY = 'reenact-test';
const SECRET_KEY = 'reenact-test-secret';
const BUCKET = 'reenact';
const START_MS = 20_000;

/** A real S3 server of its own (Versity S3 Gateway over a temporary directory) with one empty bucket. */
export interface TestS3 {
  endpoint: string;
  region: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
  close(): Promise<void>;
}

/** Whether `testS3` can find or build a server here; suites that need one skip themselves, visibly, where it cannot. */
export function canTestS3(): boolean {
  if (process.env.REENACT_TEST_S3_SERVER || existsSync(cachedServer())) return true;
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * The path of an S3 server's binary: `REENACT_TEST_S3_SERVER`, the one of an earlier run, or one built now through the Go module
 * proxy (about a minute). Throws when the build fails.
 */
async function findS3Server(): Promise<string> {
  const binary = process.env.REENACT_TEST_S3_SERVER || cachedServer();
  if (!existsSync(binary)) await build(binary);
  return binary;
}

function cachedServer(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'reenact', `versitygw-${VERSION}`, 'versitygw');
}

async function build(binary: string): Promise<void> {
  const cache = dirname(binary);
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, 'build-'));
  try {
    const env = { ...process.env, GOBIN: staging, GOFLAGS: '-trimpath', CGO_ENABLED: '0' };
    await promisify(execFile)('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
      env,
      timeout: 300_000,
    });
    await rename(join(staging, 'versitygw'), binary);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Starts the server on a free port of the loopback address; the first time on a machine it is built, which takes a minute. */
export async function testS3(): Promise<TestS3> {
  const binary = await findS3Server();
  const home = await mkdtemp(join(tmpdir(), 'reenact-s3-'));
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const data = join(home, 'data');
  const sidecar = join(home, 'sidecar');
  await mkdir(join(data, BUCKET), { recursive: true });
  await mkdir(join(sidecar, BUCKET), { recursive: true });
  const address = new URL(endpoint).host;
  const args = ['--access', ACCESS_KEY, '--secret', SECRET_KEY, '--port', address, '--quiet', '--health', '/health'];
  const server = spawn(binary, [...args, 'posix', '--sidecar', sidecar, data], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const close = async () => {
    process.off('exit', kill);
    if (server.exitCode === null && server.signalCode === null) {
      const gone = once(server, 'exit');
      kill();
      await gone;
    }
    await rm(home, { recursive: true, force: true });
  };
  try {
    await answers(server, `${endpoint}/health`);
  } catch (error) {
    await close();
    throw error;
  }
  return { endpoint, region: 'us-east-1', bucket: BUCKET, accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY, close };
}

async function answers(server: ChildProcess, url: string): Promise<void> {
  let log = '';
  server.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4096);
  });
  let failure: Error | undefined;
  server.once('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    if (failure) throw failure;
    if (server.exitCode !== null) throw new Error(`the S3 server ended with ${server.exitCode}: ${log}`);
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the S3 server does not answer: ${log}`);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
