import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const LAST_WORDS_MS = 500;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A Node program in a process of its own, with what it printed. */
export class NodeProcess {
  readonly lines: string[] = [];
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private ended = false;

  constructor(args: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.note(() => this.lines.push(line)));
    }
    this.exited = this.waitForEnd();
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isRunning(): boolean {
    return !this.ended;
  }

  get output(): string {
    return this.lines.join('\n');
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends it and resolves when it is gone; a process that does not heed its signal is killed. */
  async stop(signal: NodeJS.Signals, patienceMs = 20_000): Promise<Exit> {
    if (this.isRunning) this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patienceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }

  /** Its end. Throws with what it printed when it does not come in time, and kills it. */
  async exit(patienceMs: number): Promise<Exit> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, patienceMs);
    const exit = await this.exited;
    clearTimeout(timer);
    if (late) throw new Error(`it did not end within ${patienceMs} ms; it said:\n${this.output}`);
    return exit;
  }

  /** What `look` finds in the lines. Throws with all of them when the process ends, or the time is over, before it finds anything. */
  find<T>(look: (lines: readonly string[]) => T | undefined, patienceMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(check);
        act();
      };
      const check = () => {
        const found = look(this.lines);
        if (found !== undefined) settle(() => resolve(found));
        else if (this.ended) settle(() => reject(new Error(`it ended before; it said:\n${this.output}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`nothing within ${patienceMs} ms; it said:\n${this.output}`))),
        patienceMs,
      );
      this.listeners.add(check);
      check();
    });
  }

  private async waitForEnd(): Promise<Exit> {
    const printed = once(this.child, 'close');
    const [code, signal] = (await once(this.child, 'exit')) as [number | null, NodeJS.Signals | null];
    // What it leaves behind may hold its outputs open: its last words are waited for, but not for ever.
    await Promise.race([printed, delay(LAST_WORDS_MS, undefined, { ref: false })]);
    this.note(() => {
      this.ended = true;
    });
    return { code, signal };
  }

  private note(change: () => void): void {
    change();
    for (const listener of this.listeners) listener();
  }
}
