import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, temporaryDirectory } from '@reenact/testing';
import { type Exit, NodeProcess } from './child-process.js';
import type { Connection } from './connection.js';
import { type FoundProcess, processesOf, watchOver } from './processes.js';
import { bareEnvironment, mainOf } from './workspace.js';

const READY_MS = 90_000;
const PLAY_MS = 180_000;

/** A `REENACT_HOME` of a test's own, and the runs of `apps/local` on it. */
export class LocalHome {
  private readonly directory = temporaryDirectory('e2e-home');
  private readonly watch = watchOver(this.path);

  get path(): string {
    return this.directory.path;
  }

  get connectionFile(): string {
    return join(this.path, 'connection.json');
  }

  /** Begins a run; ports are free ones unless the environment says otherwise. */
  begin(args: string[], env: NodeJS.ProcessEnv = {}): NodeProcess {
    const own = { REENACT_HOME: this.path, REENACT_PORT: '0', REENACT_INGEST_PORT: '0' };
    return new NodeProcess([mainOf('local'), ...args], { ...bareEnvironment(), ...own, ...env });
  }

  /** A whole run. */
  async run(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Exit & { output: string }> {
    const run = this.begin(args, env);
    return { ...(await run.exit(PLAY_MS)), output: run.output };
  }

  /** What a run that stays up says in its connection file; throws when it ends before it is ready. */
  async ready(run: NodeProcess): Promise<Connection> {
    await run.find((lines) => lines.find((line) => line.startsWith('Ready in')), READY_MS);
    return this.connection();
  }

  connection(): Connection {
    return JSON.parse(readFileSync(this.connectionFile, 'utf8')) as Connection;
  }

  get isOpen(): boolean {
    return existsSync(this.connectionFile);
  }

  get connectionMode(): number {
    return statSync(this.connectionFile).mode & 0o777;
  }

  /** What runs on this home at this moment. */
  processes(): FoundProcess[] {
    return processesOf(this.path);
  }

  /** Resolves when nothing of this home runs any more; the kernel may take a moment to forget a process that was ended. */
  async nothingLeft(): Promise<void> {
    await eventually(
      () => {
        const left = this.processes();
        if (left.length > 0) throw new Error(`left: ${left.map(({ pid, command }) => `${pid} ${command}`).join('; ')}`);
      },
      { timeoutMs: 3_000, intervalMs: 100 },
    );
  }

  /** Ends whatever a failed test left, and removes the files. */
  close(): void {
    for (const { pid } of this.processes()) process.kill(pid, 'SIGKILL');
    this.watch.dismiss();
    if (process.env.REENACT_E2E_KEEP === undefined) this.directory.remove();
  }
}
