import { choosePort } from '@reenact/embedded';
import { eventually } from '@reenact/testing';
import { type Exit, NodeProcess } from './child-process.js';
import { mainOf } from './workspace.js';

const READY_MS = 60_000;

const GIVEN: Record<string, { app: string; port: string; env?: NodeJS.ProcessEnv }> = {
  gateway: { app: 'gateway', port: 'REENACT_PORT' },
  'runner-dry-run': { app: 'runner', port: 'REENACT_RUNNER_PORT', env: { REENACT_RUNNER_POOL: 'dry-run' } },
  'runner-execute': { app: 'runner', port: 'REENACT_RUNNER_PORT', env: { REENACT_RUNNER_POOL: 'execute' } },
};

/** A service in a process of its own. */
export class ServiceProcess {
  /** Whether the test ended it, so that it did not end by itself. */
  wasEnded = false;

  private constructor(
    readonly url: string,
    readonly port: number,
    private readonly node: NodeProcess,
  ) {}

  /** Starts it; resolves when it says that it is ready, or has crashed at a point that it was told. */
  static async start(name: string, { env, port: wanted }: { env: NodeJS.ProcessEnv; port?: number }): Promise<ServiceProcess> {
    const given = GIVEN[name] ?? { app: name, port: `REENACT_${name.toUpperCase().replaceAll('-', '_')}_PORT` };
    const port = wanted ?? (await choosePort(name, undefined, undefined));
    const node = new NodeProcess([mainOf(given.app)], { ...env, ...given.env, [given.port]: String(port) });
    const started = new ServiceProcess(`http://127.0.0.1:${port}`, port, node);
    const ready = eventually(
      async () => {
        const answer = await fetch(`${started.url}/readyz`).catch(() => undefined);
        if (!answer?.ok) throw new Error(`${name} is not ready: ${await answer?.text()}`);
      },
      { timeoutMs: READY_MS, intervalMs: 50 },
    );
    const gone = node.exited.then(({ signal }) => {
      if (env.REENACT_CRASH_AT === undefined || signal !== 'SIGKILL') throw new Error(`${name} did not start: ${node.output}`);
    });
    try {
      await Promise.race([ready, gone]);
    } catch (error) {
      await started.end('SIGKILL');
      throw error;
    } finally {
      for (const unheeded of [ready, gone]) unheeded.catch(() => undefined);
    }
    return started;
  }

  get exited(): Promise<Exit> {
    return this.node.exited;
  }

  /** Resolves when it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.wasEnded = true;
    await this.node.stop(signal);
  }
}
