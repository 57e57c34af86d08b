import { spawn } from 'node:child_process';

const STOP_MS = 15_000;

/** A Node process that ends with this one. */
export class Child {
  #child;
  #stopping = false;
  #output = '';

  /** Resolves when `url` answers 200. */
  static async start(args, { env = process.env, cwd, readyUrl, timeoutMs = 60_000 } = {}) {
    const child = new Child();
    // The channel tells it of our end, whatever ends us.
    child.#child = spawn(process.execPath, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [child.#child.stdout, child.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        child.#output = (child.#output + text).slice(-8_000);
      });
    }
    const gone = new Promise((_, reject) => {
      child.#child.once('exit', (code, signal) => {
        if (child.#stopping) return;
        const error = new Error(`${args.join(' ')} ended (${signal ?? code}):\n${child.#output}`);
        reject(error);
        // A bench without one of its parts has no meaning; the signal has the others stopped.
        process.stderr.write(`${error.message}\n`);
        process.kill(process.pid, 'SIGTERM');
      });
    });
    gone.catch(() => undefined);
    if (readyUrl) await Promise.race([answers(readyUrl, timeoutMs), gone]);
    return child;
  }

  get pid() {
    return this.#child.pid;
  }

  async stop() {
    if (this.#stopping) return;
    this.#stopping = true;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(timer);
  }
}

async function answers(url, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer after ${timeoutMs} ms`);
}
