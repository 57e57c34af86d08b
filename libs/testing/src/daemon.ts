import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Guardian } from './guardian.js';

/** A server's process of a test. It ends with the test, and its directory goes when the test could not remove it. */
export class Daemon {
  private readonly child: ChildProcess;
  private readonly guardian?: Guardian;
  private readonly exited: Promise<unknown>;
  private failure?: Error;
  private log = '';

  constructor(
    private readonly program: string,
    args: string[],
    { home, env = process.env }: { home: string; env?: NodeJS.ProcessEnv },
  ) {
    this.child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], env });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.log = (this.log + chunk.toString()).slice(-4096);
    });
    this.child.once('error', (error) => {
      this.failure = error;
    });
    this.exited = once(this.child, 'exit').catch(() => undefined);
    if (this.child.pid !== undefined) this.guardian = new Guardian(this.child.pid, home);
  }

  /** Throws when it ended by itself. */
  assertRuns(): void {
    if (this.failure) throw this.failure;
    if (this.hasEnded) throw new Error(`${this.program} ended with ${this.child.exitCode ?? this.child.signalCode}: ${this.log}`);
  }

  async stop(): Promise<void> {
    if (!this.failure && !this.hasEnded) {
      this.child.kill('SIGKILL');
      await this.exited;
    }
    this.guardian?.dismiss();
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}

/** Waits until a server answers well. Throws when the time is over or one of its processes has ended. */
export async function untilAnswers(url: string, daemons: Daemon[], timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    for (const daemon of daemons) daemon.assertRuns();
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await delay(50);
  }
  throw new Error(`${url} does not answer`);
}
