import type { Check, CheckName } from '@reenact/contracts';

/** The checks before the command, in the order in which they are recorded; `start` is the runner's. */
export const READ_CHECKS = [
  'environment',
  'posture',
  'version',
  'capabilities',
  'dry_run',
  'approval',
] as const satisfies CheckName[];

export const pendingChecks = (): Check[] => READ_CHECKS.map((name) => ({ name, outcome: 'pending', evidence: {} }));

/** All six are there, in order, and each passed or was not needed. */
export function checksPassed(checks: readonly Check[]): boolean {
  return (
    checks.length === READ_CHECKS.length &&
    READ_CHECKS.every((name, index) => checks[index].name === name) &&
    checks.every(({ outcome }) => outcome === 'passed' || outcome === 'not_needed')
  );
}

/** Posture asked for an approval, and the one named is to be reserved. */
export function needsApproval(checks: readonly Check[]): boolean {
  return checks.some(({ name, outcome }) => name === 'approval' && outcome === 'passed');
}

export const withPendingStart = (checks: readonly Check[]): Check[] => [
  ...checks.filter(({ name }) => name !== 'start'),
  { name: 'start', outcome: 'pending', evidence: {} },
];

export function withStart(checks: readonly Check[], start: Pick<Check, 'outcome' | 'code' | 'at' | 'evidence'>): Check[] {
  return checks.map((check) => (check.name === 'start' ? { ...check, ...start } : check));
}

/** What was still open when the replay ended will not be looked at any more. */
export const closeChecks = (checks: readonly Check[]): Check[] =>
  checks.map((check) => (check.outcome === 'pending' ? { ...check, outcome: 'not_evaluated' } : check));
