import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RunnerPool } from './runner.config.js';
import type { RunnerWorld } from './runner.harness.js';

const APP = join(__dirname, '..');

/** Builds the service as it ships: a process of its own can only run that. */
export async function buildRunner(): Promise<void> {
  await promisify(execFile)(join(APP, '../../node_modules/.bin/tsc'), ['-b', APP]);
}

/** A pool in a process of its own, which a test may kill. */
export class RunnerProcess {
  private readonly home = mkdtempSync(join(tmpdir(), 'reenact-runner-'));
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;

  constructor(world: RunnerWorld, crashAt?: string, pool: RunnerPool = 'execute') {
    const config = world.executeConfig();
    const keyFile = join(this.home, 'root.pub');
    writeFileSync(keyFile, config.rootPublicKey);
    this.child = spawn(process.execPath, [join(APP, 'dist/main.js')], {
      stdio: process.env.REENACT_TEST_LOG ? 'inherit' : 'ignore',
      env: {
        PATH: process.env.PATH,
        REENACT_RUNNER_POOL: pool,
        REENACT_NATS_URL: config.nats.url,
        REENACT_DATABASE_URL: config.database.url,
        REENACT_OBJECT_DIR: world.objects.directory,
        REENACT_ROOT_PUBLIC_KEY_FILE: keyFile,
        REENACT_EGRESS_ALLOW: config.egressAllow,
        REENACT_TARGET_TIMEOUT_MS: String(config.answerTimeoutMs),
        REENACT_RUNNER_LEASE_MS: String(config.leaseMs),
        ...(crashAt !== undefined && { REENACT_CRASH_AT: crashAt }),
      },
    });
    this.exited = once(this.child, 'exit');
  }

  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
    rmSync(this.home, { recursive: true, force: true });
  }
}
