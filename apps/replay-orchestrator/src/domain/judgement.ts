import type { Check, CheckName, RejectionCode } from '@reenact/contracts';

/** What one check found. */
export interface Judgement {
  outcome: 'passed' | 'failed' | 'not_needed' | 'not_evaluated';
  codes: RejectionCode[];
  evidence: Record<string, unknown>;
}

/** Failed when there is a code against it. */
export const judged = (codes: RejectionCode[], evidence: Record<string, unknown>): Judgement => ({
  outcome: codes.length > 0 ? 'failed' : 'passed',
  codes,
  evidence,
});

export const notNeeded = (evidence: Record<string, unknown> = {}): Judgement => ({ outcome: 'not_needed', codes: [], evidence });

/** What it would look at is missing, which another check says. */
export const notEvaluated = (evidence: Record<string, unknown> = {}): Judgement => ({
  outcome: 'not_evaluated',
  codes: [],
  evidence,
});

/** The check as the verdict shows it; further codes are in its evidence. */
export function toCheck(name: CheckName, { outcome, codes, evidence }: Judgement, at: string): Check {
  return {
    name,
    outcome,
    ...(codes.length > 0 && { code: codes[0] }),
    evidence: { ...evidence, ...(codes.length > 1 && { codes }) },
    at,
  };
}
