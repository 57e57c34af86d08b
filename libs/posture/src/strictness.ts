import { DECISIONS, type Decision } from '@reenact/contracts';

/** 0 for `allow` up to 3 for `deny`. */
export function strictness(decision: Decision): number {
  return DECISIONS.indexOf(decision);
}

/** The strictest of the decisions. */
export function strictest(first: Decision, ...others: Decision[]): Decision {
  return others.reduce((winner, decision) => (strictness(decision) > strictness(winner) ? decision : winner), first);
}

/** True when the decision lets nothing be executed. */
export function deniesExecute(decision: Decision): boolean {
  return decision === 'dry_run_only' || decision === 'deny';
}
