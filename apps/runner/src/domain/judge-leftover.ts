/** An action that some earlier attempt of the run began, as the ledger has it. */
export interface Leftover {
  /** Its bytes left before this, or never. */
  sendBy: Date;
  idempotent: boolean;
}

export type LeftoverVerdict = { kind: 'wait'; milliseconds: number } | { kind: 'retry' } | { kind: 'indeterminate' };

/**
 * What a take-over does with an action that was begun and has no end. Before send-by plus time-out its first sender may
 * still be waiting for the answer, so nothing is judged before.
 */
export function judgeLeftover({ sendBy, idempotent }: Leftover, now: Date, timeoutMs: number): LeftoverVerdict {
  const milliseconds = sendBy.getTime() + timeoutMs - now.getTime();
  if (milliseconds > 0) return { kind: 'wait', milliseconds };
  return { kind: idempotent ? 'retry' : 'indeterminate' };
}
