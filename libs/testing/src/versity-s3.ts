import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { choosePort } from '@reenact/embedded';
import { Daemon, untilAnswers } from './daemon.js';
import { BUCKET, CACHE, KEYS, type S3Server } from './s3-server.js';

/** The server's version is pinned: the suite should fail for our changes, not for theirs. */
const VERSION = 'v1.8.0';
const START_MS = 20_000;

/** Versity S3 Gateway over a directory: `REENACT_TEST_S3_SERVER`, that of an earlier run, or built once by Go. */
export const versityS3: S3Server = {
  canRun() {
    if (existsSync(binary())) return true;
    try {
      execFileSync('go', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  },

  async start(home, daemons) {
    if (!existsSync(binary())) await build(binary());
    const address = `127.0.0.1:${await choosePort('S3', undefined, undefined)}`;
    const [data, sidecar] = [join(home, 'data'), join(home, 'sidecar')];
    await mkdir(join(data, BUCKET), { recursive: true });
    await mkdir(join(sidecar, BUCKET), { recursive: true });
    const { accessKeyId, secretAccessKey } = KEYS;
    const args = ['--access', accessKeyId, '--secret', secretAccessKey, '--port', address, '--quiet', '--health', '/health'];
    daemons.push(new Daemon(binary(), [...args, 'posix', '--sidecar', sidecar, data], { home }));
    await untilAnswers(`http://${address}/health`, daemons, START_MS);
    return `http://${address}`;
  },
};

function binary(): string {
  return process.env.REENACT_TEST_S3_SERVER || join(CACHE, `versitygw-${VERSION}`, 'versitygw');
}

/** Through the Go module proxy; takes about a minute. */
async function build(target: string): Promise<void> {
  const cache = dirname(target);
  await mkdir(cache, { recursive: true });
  const staging = await mkdtemp(join(cache, 'build-'));
  try {
    const env = { ...process.env, GOBIN: staging, GOFLAGS: '-trimpath', CGO_ENABLED: '0' };
    await promisify(execFile)('go', ['install', `github.com/versity/versitygw/cmd/versitygw@${VERSION}`], {
      env,
      timeout: 300_000,
    });
    await rename(join(staging, 'versitygw'), target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
