import { linkSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processBirth } from './process-table.js';

interface Holder {
  pid: number;
  birth: string;
}

/** This process's right to a home directory. */
export interface HomeClaim {
  /** The home's real path; it exists. */
  directory: string;
  release(): void;
}

const claims = new Map<string, number>();

/**
 * Makes the home directory if need be and claims it for this process; may be called several times. Throws a clear error while
 * another live process holds it. What a process that died left is taken over.
 */
export function claimHome(home: string): HomeClaim {
  mkdirSync(home, { recursive: true });
  const directory = realpathSync(home);
  const lock = join(directory, 'reenact.pid');
  const held = claims.get(directory) ?? 0;
  if (held === 0) takeLock(lock, directory);
  claims.set(directory, held + 1);
  let released = false;
  const release = () => {
    if (released) return;
    released = true;
    const left = (claims.get(directory) ?? 1) - 1;
    if (left > 0) return void claims.set(directory, left);
    claims.delete(directory);
    rmSync(lock, { force: true });
  };
  return { directory, release };
}

function takeLock(lock: string, directory: string): void {
  const own = JSON.stringify({ pid: process.pid, birth: processBirth(process.pid) ?? '' });
  const draft = `${lock}.${process.pid}`;
  for (;;) {
    writeFileSync(draft, own, { mode: 0o600 });
    try {
      linkSync(draft, lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const found = readText(lock);
    const holder = parseHolder(found);
    if (holder && holder.pid !== process.pid && processBirth(holder.pid) === holder.birth) {
      throw new Error(
        `Reenact is already running on ${directory} (process ${holder.pid}). Stop it first, or set REENACT_HOME to another directory.`,
      );
    }
    setAside(lock, found);
  }
}

/** Removes a dead holder's lock, unless another process has replaced it meanwhile: that one is put back. */
function setAside(lock: string, found: string | undefined): void {
  const aside = `${lock}.stale-${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readText(aside) !== found) linkSync(aside, lock);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    return JSON.parse(text ?? '') as Holder;
  } catch {
    return undefined;
  }
}
