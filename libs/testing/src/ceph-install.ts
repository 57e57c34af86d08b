import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CACHE } from './s3-server.js';

const PROGRAMS = ['ceph-mon', 'ceph-osd', 'radosgw'];
const TREE = join(CACHE, 'ceph');
const run = promisify(execFile);

/** Where Ceph's programs and libraries lie. */
export interface Ceph {
  program(name: string): string;
  /** Of its plug-ins. */
  libraries: string;
  env: NodeJS.ProcessEnv;
}

/** Whether Ceph is here, or can be fetched by Debian's tools. */
export function canFindCeph(): boolean {
  return hasCeph('/') || hasCeph(TREE) || (process.getuid?.() === 0 && existsSync('/etc/debian_version') && hasApt());
}

/**
 * Finds Ceph, fetching its packages once: 69 MB, unpacked in the cache and not installed, so that nothing starts by itself and the
 * system stays as it is.
 */
export async function findCeph(): Promise<Ceph> {
  if (!hasCeph('/') && !hasCeph(TREE)) await fetchPackages();
  const root = hasCeph('/') ? '/' : TREE;
  const triplet = readdirSync(join(root, 'usr/lib')).find((name) => existsSync(join(root, 'usr/lib', name, 'ceph')));
  if (!triplet) throw new Error(`Ceph's libraries are not in ${root}`);
  const libraries = join(root, 'usr/lib', triplet);
  const paths = [libraries, join(libraries, 'ceph'), join(root, 'lib', triplet)];
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, LD_LIBRARY_PATH: paths.join(':') };
  return { program: (name) => join(root, 'usr/bin', name), libraries, env };
}

async function fetchPackages(): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const staging = await mkdtemp(join(CACHE, 'ceph-'));
  try {
    const archives = join(staging, 'archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    const options = ['-o', 'Debug::NoLocking=1', '-o', `Dir::Cache::archives=${archives}/`, '--no-install-recommends'];
    const fetch = () => run('apt-get', ['-q', '-y', ...options, '--download-only', 'install', ...PROGRAMS], { timeout: 300_000 });
    await fetch().catch(async () => {
      await run('apt-get', ['-q', 'update'], { timeout: 120_000 });
      await fetch();
    });
    const tree = join(staging, 'tree');
    await mkdir(tree);
    for (const name of readdirSync(archives).filter((each) => each.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', join(archives, name), tree]);
    }
    if (!hasCeph(tree)) throw new Error("Debian's packages do not hold Ceph's programs");
    await rename(tree, TREE).catch((error: NodeJS.ErrnoException) => {
      // Another suite was faster.
      if (!hasCeph(TREE)) throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function hasCeph(root: string): boolean {
  return PROGRAMS.every((name) => existsSync(join(root, 'usr/bin', name)));
}

function hasApt(): boolean {
  try {
    execFileSync('apt-get', ['--version'], { stdio: 'ignore' });
    execFileSync('dpkg-deb', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
