import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Removes what runners that were killed left in the scratch directory. */
export async function sweepScratch(scratch: string = tmpdir()): Promise<void> {
  for (const name of await readdir(scratch)) {
    const pid = /^reenact-run-(\d+)-/.exec(name)?.[1];
    if (pid === undefined) continue;
    const path = join(scratch, name);
    if (!isAlive(Number(pid)) || (Number(pid) === process.pid && (await isOlderThanThis(path)))) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** In a container the one that died had the number that this one has. */
async function isOlderThanThis(path: string): Promise<boolean> {
  // Another pool of this process may have removed it meanwhile.
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < performance.timeOrigin;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
