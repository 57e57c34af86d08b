// Once per run: one PostgreSQL for all suites, and a nats-server found (or installed) before any suite asks for it.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

export default async function globalSetup() {
  if (process.env.REENACT_TEST_DATABASE_URL && process.env.REENACT_NATS_SERVER) return;
  // Jest does not apply its module mapping here, so this one library is built first; that takes no time when nothing changed.
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'libs/embedded'], {
    cwd: root,
    stdio: 'inherit',
  });
  const { findNatsServer, startPostgres } = await import('../../libs/embedded/dist/index.js');
  process.env.REENACT_NATS_SERVER = (await findNatsServer({ log: console.log })).path;
  if (process.env.REENACT_TEST_DATABASE_URL) return;

  const home = mkdtempSync(join(tmpdir(), 'reenact-jest-'));
  chmodSync(home, 0o755);
  const postgres = await startPostgres({ home, durable: false });
  process.env.REENACT_TEST_DATABASE_URL = postgres.url;
  const guardian = endWithUs(postgres.pid, home);
  globalThis.reenactTearDown = async () => {
    await postgres.stop();
    guardian.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
}

// Jest runs no teardown when it is interrupted; the pipe to this shell closes with us in any case.
function endWithUs(pid, home) {
  const script = 'read _; kill -INT "$1"; sleep 3; rm -rf "$2"';
  const guardian = spawn('sh', ['-c', script, 'sh', String(pid), home], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  guardian.unref();
  guardian.stdin.unref();
  return guardian;
}
