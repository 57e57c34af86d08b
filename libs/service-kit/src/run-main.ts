import { ConfigError } from './env-reader.js';
import type { RunningService } from './start-service.js';

const SAME_SIGNAL_MS = 500;

/**
 * What a service's `main.ts` calls: starts it with the environment, stops it on SIGINT or SIGTERM (exit 0; a later second signal
 * ends at once), and exits 1 with a message when it cannot start or an error escapes. Started with an IPC channel, it ends with its parent.
 */
export function runMain(start: (env: NodeJS.ProcessEnv) => Promise<RunningService>): void {
  endWithParent();
  const service = start(process.env);
  service.catch((error: unknown) => fail(error));
  let firstSignalAt: number | undefined;
  const stop = () => {
    if (firstSignalAt !== undefined) {
      // npm passes on what the terminal has sent already: one Ctrl-C arrives twice.
      if (performance.now() - firstSignalAt > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    firstSignalAt = performance.now();
    service.then((running) => running.stop()).then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}

/** A parent that was killed stops nobody: the end of its channel says so. */
function endWithParent(): void {
  if (process.send === undefined) return;
  if (!process.connected) process.exit(1);
  process.on('disconnect', () => process.exit(1));
}

function fail(error: unknown): never {
  const plain = error instanceof ConfigError || !(error instanceof Error);
  process.stderr.write(`${plain ? String(error instanceof Error ? error.message : error) : (error.stack ?? error.message)}\n`);
  process.exit(1);
}
