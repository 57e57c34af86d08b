import { spawnSync } from 'node:child_process';

/** A nats-server program that was run to learn its version. */
export interface NatsServer {
  path: string;
  /** For example `2.12.12`. */
  version: string;
}

/** The oldest server whose JetStream does what we rely on. */
export const NATS_FLOOR = '2.9.10';

/** The program at `path` if it is a nats-server that runs, else undefined. */
export function probeNatsServer(path: string): NatsServer | undefined {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const match = status === 0 ? /v(\d+\.\d+\.\d+)/.exec(stdout) : null;
  return match ? { path, version: match[1] } : undefined;
}

/** True when version `a` is `b` or newer. */
export function isAtLeast(a: string, b: string): boolean {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const differing = left.findIndex((part, index) => part !== right[index]);
  return differing === -1 || left[differing] > right[differing];
}
