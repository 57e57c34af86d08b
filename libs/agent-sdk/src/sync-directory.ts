import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Resolves when the disk has the names of a directory, so that they survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a directory that only its owner may enter, with those above it, and resolves when the disk has what was made. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = resolve(path); ; at = dirname(at)) {
    await syncDirectory(dirname(at));
    if (at === resolve(first)) return;
  }
}
