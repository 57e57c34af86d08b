import { randomBytes } from 'node:crypto';
import { link, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SpoolProblem } from './spool-problem.js';
import { makeDirectory, syncDirectory } from './sync-directory.js';
import { writeDurably } from './write-durably.js';

const KEY_BYTES = 32;

/** The agent's redaction key, made at the first call: it never leaves the machine. Throws a SpoolProblem when it is damaged. */
export async function redactionKey(path: string): Promise<Uint8Array> {
  const known = await read(path);
  if (known) return known;
  await makeDirectory(dirname(path));
  const draft = `${path}.${process.pid}-${randomBytes(6).toString('hex')}`;
  try {
    await writeDurably(draft, [randomBytes(KEY_BYTES)]);
    // Whole or not at all, and never over the key of another process.
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncDirectory(dirname(path));
  } finally {
    await rm(draft, { force: true });
  }
  const made = await read(path);
  if (!made) throw new SpoolProblem('redaction_key_damaged', 'the redaction key is gone');
  return made;
}

async function read(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes && bytes.length !== KEY_BYTES) {
    throw new SpoolProblem('redaction_key_damaged', `${path} does not hold a redaction key`);
  }
  return bytes;
}
