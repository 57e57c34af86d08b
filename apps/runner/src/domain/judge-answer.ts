/** What an attempt to perform one action led to. `unknown`: bytes may have left, and no answer came. */
export type Attempted =
  | { kind: 'answered'; status: number }
  | { kind: 'not_sent'; reason: string }
  | { kind: 'unknown'; reason: string };

export interface AttemptSituation {
  /** The spec says that the target takes the same key twice. */
  idempotent: boolean;
  /** Attempts made, this one too. */
  attempts: number;
}

export type AnswerVerdict = 'done' | 'retry' | 'failed' | 'indeterminate';

/** Attempts at one action before its run fails. */
export const MAX_ATTEMPTS = 3;

/** What follows from an attempt. Only what was surely not sent, or is idempotent, is ever sent again. */
export function judgeAnswer(attempted: Attempted, { idempotent, attempts }: AttemptSituation): AnswerVerdict {
  const again = attempts < MAX_ATTEMPTS;
  switch (attempted.kind) {
    case 'not_sent':
      return again ? 'retry' : 'failed';
    case 'unknown':
      if (!idempotent) return 'indeterminate';
      return again ? 'retry' : 'failed';
    case 'answered': {
      const { status } = attempted;
      if (status >= 200 && status < 300) return 'done';
      const passing = status === 429 || status >= 500;
      return passing && idempotent && again ? 'retry' : 'failed';
    }
  }
}

/** Milliseconds before the next attempt: 200 doubling. */
export function retryDelay(attempts: number): number {
  return 200 * 2 ** (attempts - 1);
}
