import type { JournalPoint } from '../journal/journal-index.js';
import { type RestartPoint, restartsWithin } from './gunzip-blocks.js';
import type { BundleRole } from './manifest.js';

/** One entry of an archive. */
export interface EntryFacts {
  path: string;
  role?: BundleRole;
  size: number;
  sha256: string;
  /** Where its bytes begin in the unpacked tar. */
  start: number;
  /** Of a journal: where readers may begin. */
  points?: JournalPoint[];
  /** In a blocked gzip: where readers may begin to unpack. */
  restarts?: RestartPoint[];
}

/** The entries, each with the places that serve it. */
export function withRestarts(entries: readonly EntryFacts[], restarts: readonly RestartPoint[]): EntryFacts[] {
  return entries.map((entry) => {
    const within = restartsWithin(restarts, entry.start, entry.start + entry.size);
    return within.length > 0 ? { ...entry, restarts: within } : entry;
  });
}
