import { readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scratchOwner } from './scratch-owner.js';

const NAME = /^reenact-run-(?:([0-9a-f]{16})-)?(\d+)-/;
/** Whoever uses a directory touches it this often. */
export const TOUCH_MS = 10 * 60_000;
/** What nobody touched for as long is nobody's, whoever made it. */
const ABANDONED_MS = 86_400_000;

/** What the names of the directories of this process begin with. */
export function scratchPrefix(): string {
  return `reenact-run-${scratchOwner()}-${process.pid}-`;
}

/**
 * Removes what runners that were killed left in the scratch directory. Others may share it, whose processes have numbers of their own: of
 * theirs only what was not touched for long.
 */
export async function sweepScratch(scratch: string = tmpdir()): Promise<void> {
  for (const name of await readdir(scratch)) {
    const [, owner, pid] = NAME.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(scratch, name);
    if (await isAbandoned(path, owner === scratchOwner() ? Number(pid) : undefined)) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** `pid` where it means something here. */
async function isAbandoned(path: string, pid: number | undefined): Promise<boolean> {
  if (pid !== undefined && pid !== process.pid) return !isAlive(pid);
  // Another pool of this process, or another process, may have removed it meanwhile.
  const found = await stat(path).catch(() => undefined);
  if (!found) return false;
  // Numbers come again: the one that died may have had this one's.
  return found.mtimeMs < performance.timeOrigin - (pid === undefined ? ABANDONED_MS : 0);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
