import { createHash } from 'node:crypto';
import { open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './sync-directory.js';

const NAME = /^counter-([0-9a-f]{16})-(\d+)-(\d+)$/;

interface Count {
  boot: string;
  /** The last number used of that boot. */
  last: number;
  /** Uploads that were given up, of all boots. */
  gaps: number;
}

/**
 * Numbers of uploads per boot, and how many were given up. They are kept in the name of an empty file, changed by rename: no crash and
 * no full disk leaves half of it, and no power cut takes a number back.
 */
export class UploadCounter {
  constructor(private readonly directory: string) {}

  /** The next number of a boot, used from now on; the first is 1. */
  async next(bootId: string): Promise<number> {
    const boot = nameOf(bootId);
    const known = await this.read();
    const last = known?.boot === boot ? known.last + 1 : 1;
    await this.write(known, { boot, last, gaps: known?.gaps ?? 0 });
    return last;
  }

  /** The last number that was used of a boot; 0 before the first. */
  async last(bootId: string): Promise<number> {
    const known = await this.read();
    return known?.boot === nameOf(bootId) ? known.last : 0;
  }

  async gaps(): Promise<number> {
    return (await this.read())?.gaps ?? 0;
  }

  async addGap(): Promise<void> {
    const known = await this.read();
    const { boot, last, gaps } = known ?? { boot: '0'.repeat(16), last: 0, gaps: 0 };
    await this.write(known, { boot, last, gaps: gaps + 1 });
  }

  private async read(): Promise<Count | undefined> {
    const names = await readdir(this.directory).catch(() => [] as string[]);
    const found = names.flatMap((name) => {
      const match = NAME.exec(name);
      return match ? [{ boot: match[1], last: Number(match[2]), gaps: Number(match[3]) }] : [];
    });
    return found[0];
  }

  private async write(before: Count | undefined, after: Count): Promise<void> {
    const path = (count: Count) => join(this.directory, `counter-${count.boot}-${count.last}-${count.gaps}`);
    if (before) await rename(path(before), path(after));
    else await (await open(path(after), 'w', 0o600)).close();
    await syncDirectory(this.directory);
  }
}

const nameOf = (bootId: string) => createHash('sha256').update(bootId).digest('hex').slice(0, 16);
