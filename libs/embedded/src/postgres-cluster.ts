import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { SystemUser } from './system-user.js';

interface ClusterOptions {
  binaries: string;
  /** Does not exist yet; its parent does and belongs to the user. */
  dataDirectory: string;
  user?: SystemUser;
  /** The superuser's name. */
  name: string;
  password: string;
  durable: boolean;
  log?: (line: string) => void;
}

/** Makes a database cluster with `initdb`. The data directory appears whole or not at all, so that a kill in between is no harm. */
export async function initialise(options: ClusterOptions): Promise<void> {
  const { binaries, dataDirectory, user, name, password, durable, log } = options;
  const parent = dirname(dataDirectory);
  const draft = join(parent, `draft-${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const flags = [
    '--auth=scram-sha-256',
    `--username=${name}`,
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ];
  try {
    await run(
      join(binaries, 'bin/initdb'),
      [`--pgdata=${draft}`, ...flags, ...(durable ? [] : ['--no-sync'])],
      parent,
      user,
      log,
    );
    renameSync(draft, dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(draft, { recursive: true, force: true });
  }
}

function run(
  command: string,
  args: string[],
  cwd: string,
  user: SystemUser | undefined,
  log?: (line: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      ...(user && { uid: user.uid, gid: user.gid }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => {
      for (const line of output.split('\n').filter(Boolean)) log?.(line);
      if (code === 0) resolve();
      else reject(new Error(`initdb ended with code ${code}: ${output.trim()}`));
    });
  });
}
