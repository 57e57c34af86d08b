import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { choosePort } from '@reenact/embedded';
import { eventually } from './eventually.js';

const READY_MS = 60_000;

/** A built service in a process of its own, which a test may kill or tell where to crash. */
export interface ChildService {
  url: string;
  /** The signal that ended it; null when it ended by itself. */
  exited: Promise<NodeJS.Signals | null>;
  kill(): Promise<void>;
}

/** Starts a service's `dist/main.js` on a free port; resolves when it says that it is ready. It ends with this process. */
export async function childService(main: string, of: { port: string; env: NodeJS.ProcessEnv }): Promise<ChildService> {
  const port = await choosePort(main, undefined, undefined);
  const log = process.env.REENACT_TEST_LOG ? 'inherit' : 'ignore';
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', log, log, 'ipc'],
    env: { PATH: process.env.PATH, ...of.env, [of.port]: String(port) },
  });
  const exited = once(child, 'exit').then(([, signal]) => signal as NodeJS.Signals | null);
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const url = `http://127.0.0.1:${port}`;
  const ready = eventually(
    async () => {
      const answer = await fetch(`${url}/readyz`);
      if (!answer.ok) throw new Error(`${main} is not ready: ${await answer.text()}`);
    },
    { timeoutMs: READY_MS, intervalMs: 50 },
  );
  ready.catch(() => undefined);
  const gone = exited.then((signal) => {
    throw new Error(`${main} ended by ${String(signal)} before it was ready`);
  });
  gone.catch(() => undefined);
  try {
    await Promise.race([ready, gone]);
  } catch (error) {
    await kill();
    throw error;
  }
  return { url, exited, kill };
}
