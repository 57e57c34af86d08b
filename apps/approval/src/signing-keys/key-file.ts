import { createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { privateKeyOf, publicKeyText } from '@reenact/credentials';

/** The private key in a file that only we may read; made when there is none. Of several processes that make it, one wins. */
export function openKeyFile(path: string): KeyObject {
  const known = readSeed(path);
  if (known) return privateKeyOf(known);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  return privateKeyOf(readSeed(path) as string);
}

/** Writes the public half, as runners are configured with it: 32 raw bytes in base64. */
export function writePublicKey(path: string, key: KeyObject): void {
  const text = `${publicKeyText(createPublicKey(key))}\n`;
  if (readText(path) !== text) writeFileSync(path, text, { mode: 0o644 });
}

const readSeed = (path: string): string | undefined => readText(path)?.trim();

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
