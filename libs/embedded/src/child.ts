import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type StopStep, stopProcess } from './stop-process.js';

export interface ChildOptions {
  /** For messages. */
  name: string;
  command: string;
  args: string[];
  cwd: string;
  env?: NodeJS.ProcessEnv;
  /** The user to run as; left out: our own. */
  user?: { uid: number; gid: number };
  log?: (line: string) => void;
  /** Called once when the process ends without having been asked to; gets a sentence for people. */
  onExit?: (reason: string) => void;
}

const KEPT_LINES = 30;

/**
 * A server that runs as our child in a session of its own, so that a Ctrl-C meant for us does not end it before we do.
 */
export class Child {
  private readonly process: ChildProcess;
  private readonly lastLines: string[] = [];
  private stopping = false;
  private ended?: string;
  private readonly end: Promise<void>;

  constructor(private readonly options: ChildOptions) {
    const { command, args, cwd, env, user } = options;
    this.process = spawn(command, args, { cwd, env, ...user, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.keep(line));
    }
    this.end = new Promise((resolve) => {
      const finish = (how: string) => {
        if (this.ended !== undefined) return;
        this.ended = how;
        resolve();
        if (!this.stopping) options.onExit?.(this.reason());
      };
      this.process.once('error', (error) => finish(`could not be started: ${error.message}`));
      this.process.once('close', (code, signal) => finish(signal ? `was ended by ${signal}` : `ended with code ${code}`));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Resolves when `probe` answers true. Throws with the last lines of the log when the process ends before or the time is over. */
  async ready(probe: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await probe())) {
      if (this.ended !== undefined) throw new Error(this.reason());
      if (performance.now() > deadline) throw new Error(`${this.options.name} is not ready after ${timeoutMs} ms${this.tail()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends the process and resolves when it is gone. */
  async stop(steps: StopStep[]): Promise<void> {
    this.stopping = true;
    if (this.ended === undefined && this.process.pid !== undefined) await stopProcess(this.process.pid, steps);
    await this.end;
  }

  private keep(line: string): void {
    this.lastLines.push(line);
    if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
    this.options.log?.(line);
  }

  private reason(): string {
    return `${this.options.name} ${this.ended}${this.tail()}`;
  }

  private tail(): string {
    return this.lastLines.length === 0 ? '' : `; it said:\n  ${this.lastLines.join('\n  ')}`;
  }
}
