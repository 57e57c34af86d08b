import { AgentProblem, UploadCutOff } from './agent-problem.js';
import { grownPause } from './retry.js';
import { DamagedEntry } from './spool-entry.js';

/** What a failure says: nothing gets through now, that entry may later, or sending it again changes nothing. */
export type FailureMeaning = 'nothing' | 'later' | 'never';

/** Refusals of the evidence itself. */
const REFUSALS = new Set([400, 413, 415, 422]);
const MAX_MISMATCHES = 8;

interface EntryFailures {
  count: number;
  mismatches: number;
  dueAt: number;
}

/** Which entries of a spool failed, so that one that fails again and again does not keep the others waiting. */
export class UploadFailures {
  private readonly entries = new Map<string, EntryFailures>();

  /** `now`: milliseconds that only grow. */
  constructor(private readonly now: () => number) {}

  isDue(name: string): boolean {
    return this.now() >= (this.entries.get(name)?.dueAt ?? 0);
  }

  /** Notes a failure of an entry and says what it means. Bytes that arrive damaged every time are not damaged by chance. */
  add(name: string, error: unknown): FailureMeaning {
    const meaning = meaningOf(error);
    if (meaning !== 'later') return meaning;
    const { count, mismatches } = this.entries.get(name) ?? { count: 0, mismatches: 0 };
    const known = { count: count + 1, mismatches: mismatches + (isMismatch(error) ? 1 : 0) };
    this.entries.set(name, { ...known, dueAt: this.now() + grownPause(known.count) });
    return known.mismatches < MAX_MISMATCHES ? 'later' : 'never';
  }

  forget(name: string): void {
    this.entries.delete(name);
  }
}

function meaningOf(error: unknown): FailureMeaning {
  if (error instanceof DamagedEntry) return 'never';
  if (error instanceof UploadCutOff) return 'later';
  if (!(error instanceof AgentProblem) || error.status === 429 || error.status === 503) return 'nothing';
  if (error.isTemporary) return 'later';
  if (!REFUSALS.has(error.status)) return 'nothing';
  // A refusal without a code is a proxy's: it may have other limits tomorrow.
  return error.document.code === undefined ? 'later' : 'never';
}

const isMismatch = (error: unknown) => error instanceof AgentProblem && error.code === 'digest_mismatch';
