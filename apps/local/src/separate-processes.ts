import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ServiceName } from '@reenact/contracts';
import { choosePort } from '@reenact/embedded';
import { portVariable } from '@reenact/service-kit';
import { type Fleet, type LocalService, SERVICES } from './services.js';

const READY_MS = 30_000;
const STOP_MS = 15_000;

/** Starts every service as a process of its own, from its own `main.js`, as production does. */
export async function startApart(env: NodeJS.ProcessEnv, resolveFrom: string, onExit: (reason: string) => void): Promise<Fleet> {
  const children: { name: string; child: ChildProcess }[] = [];
  let stopping = false;
  const stop = async () => {
    stopping = true;
    for (const { child } of [...children].reverse()) await end(child);
  };
  const { resolve } = createRequire(resolveFrom);
  const urls = new Map<string, string>();
  try {
    const launch = async ({ name, service, env: own }: LocalService) => {
      const port = await choosePort(name, portOf(service, env), undefined, portVariable(service));
      const main = join(dirname(resolve(`@reenact/${service}`)), 'main.js');
      const variables = { ...env, ...own, [portVariable(service)]: String(port) };
      // In a group of its own: Ctrl-C reaches us alone, and we stop the services in order. Should we be killed, the channel ends them.
      const child = spawn(process.execPath, [main], {
        env: variables,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        detached: true,
      });
      children.push({ name, child });
      child.once('exit', (code, signal) => {
        if (!stopping) onExit(`${name} ended by itself (${signal ?? `exit code ${code}`})`);
      });
      const url = `http://127.0.0.1:${port}`;
      await ready(url, name, child);
      urls.set(name, url);
    };
    // Approval makes the root key whose public half others read when they start.
    for (const service of SERVICES.filter(({ name }) => name === 'approval')) await launch(service);
    await Promise.all(SERVICES.filter(({ name }) => name !== 'approval').map(launch));
  } catch (error) {
    await stop();
    throw error;
  }
  return { gatewayUrl: urls.get('gateway') ?? '', ingestUrl: urls.get('ingest') ?? '', stop };
}

/** The port that the person chose, or any. */
function portOf(service: ServiceName, env: NodeJS.ProcessEnv): number | undefined {
  const text = service === 'gateway' || service === 'ingest' ? env[portVariable(service)] : undefined;
  return text && text !== '0' ? Number(text) : undefined;
}

async function ready(url: string, name: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${name} did not become ready`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}
