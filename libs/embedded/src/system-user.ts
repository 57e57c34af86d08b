import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A user of this machine. */
export interface SystemUser {
  name: string;
  uid: number;
  gid: number;
}

/**
 * The user that PostgreSQL runs as when we are root, which it refuses to be: `postgres`, else `reenact` (made if possible), else
 * `nobody`. Undefined when we are not root.
 */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const found = lookUp('postgres') ?? lookUp('reenact') ?? create('reenact') ?? lookUp('nobody');
  if (!found)
    throw new Error(
      'PostgreSQL refuses to run as root, and this machine has no user postgres, reenact or nobody that it could run as.',
    );
  return found;
}

/** True when the user may enter the directory (all above it included). */
export function canEnter(user: SystemUser, directory: string): boolean {
  const { uid, gid } = user;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

/** True when the user may run the program, libraries and all. */
export function canRun(user: SystemUser, program: string): boolean {
  const { uid, gid } = user;
  return spawnSync(program, ['--version'], { uid, gid, cwd: '/', stdio: 'ignore' }).status === 0;
}

function lookUp(name: string): SystemUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  if (!line) return undefined;
  const [, , uid, gid] = line.split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}

function create(name: string): SystemUser | undefined {
  try {
    execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name], {
      stdio: 'ignore',
    });
    return lookUp(name);
  } catch {
    return undefined;
  }
}
