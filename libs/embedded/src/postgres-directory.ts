import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProcesses } from './process-table.js';
import { makeSystemDirectory, SYSTEM_DIRECTORY } from './postgres-binaries.js';
import { stopProcess, type StopStep } from './stop-process.js';
import { canEnter, type SystemUser } from './system-user.js';

/** Fast shutdown, then immediate, then by force: the next start recovers from the write-ahead log. */
export const POSTGRES_STOP: StopStep[] = [
  ['SIGINT', 20_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
];

/** Ends the servers that a killed run left on this data directory. */
export async function stopLeftovers(dataDirectory: string): Promise<void> {
  for (const pid of findProcesses(['-D', dataDirectory])) await stopProcess(pid, POSTGRES_STOP);
}

/**
 * A fresh place for the data of `home`, empty and owned by `user`: below the home, or below `/var/lib/reenact` when the user
 * cannot enter the home. What is found there belongs to a home that was deleted, and goes.
 */
export async function makeDataDirectory(home: string, user: SystemUser | undefined): Promise<string> {
  const below = join(home, 'postgres');
  await empty(below);
  own(below, user);
  if (!user || canEnter(user, below)) return below;
  rmSync(below, { recursive: true });
  makeSystemDirectory();
  const apart = join(SYSTEM_DIRECTORY, createHash('sha256').update(home).digest('hex').slice(0, 16));
  await empty(apart);
  own(apart, user);
  return apart;
}

/** True when the data directory holds a database that `user` can use. */
export function isUsable(dataDirectory: string, user: SystemUser | undefined): boolean {
  return existsSync(join(dataDirectory, 'PG_VERSION')) && (!user || canEnter(user, dataDirectory));
}

async function empty(directory: string): Promise<void> {
  await stopLeftovers(join(directory, 'data'));
  rmSync(directory, { recursive: true, force: true });
}

function own(directory: string, user: SystemUser | undefined): void {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  if (user) chownSync(directory, user.uid, user.gid);
}
