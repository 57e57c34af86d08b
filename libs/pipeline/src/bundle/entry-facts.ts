import type { JournalPoint } from '../journal/journal-index.js';
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
}
