import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

let known: string | undefined;

/**
 * Among whom a process number names a process: those of the same boot of the same machine, and on Linux of the same namespace of numbers,
 * which every container has for itself.
 */
export function scratchOwner(): string {
  known ??= ownerOf([hostname(), read('/proc/sys/kernel/random/boot_id'), namespaceOf('/proc/self/ns/pid')]);
  return known;
}

/** A name for what tells them apart. */
export function ownerOf(marks: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(marks)).digest('hex').slice(0, 16);
}

function read(path: string): string {
  return orNothing(() => readFileSync(path, 'utf8').trim());
}

function namespaceOf(path: string): string {
  return orNothing(() => readlinkSync(path));
}

/** Other systems have neither, and no containers either. */
function orNothing(get: () => string): string {
  try {
    return get();
  } catch {
    return '';
  }
}
