/** What an attempt to perform one action led to. */
export type Attempted =
  | { kind: 'answered'; status: number }
  /** It surely did not arrive; `final` when it would not at another attempt either. */
  | { kind: 'not_sent'; reason: string; final?: true }
  /** Bytes may have left, and no answer came. */
  | { kind: 'unknown'; reason: string };

export interface AttemptSituation {
  /** The spec says that the target takes the same key twice. */
  idempotent: boolean;
  /** Attempts made that may have arrived, and those that surely did not; this one too. */
  sent: number;
  notSent: number;
}

export type AnswerVerdict = 'done' | 'retry' | 'failed' | 'indeterminate';

/** Attempts at one action that may have arrived before its run fails. */
export const MAX_ATTEMPTS = 3;

/** Attempts that surely did not arrive before its run fails: with the pauses between them, half a minute. */
export const MAX_NOT_SENT = 11;

const LONGEST_DELAY_MS = 5_000;

/**
 * Answered by whatever stands before the target, which gave up waiting for it or lost it half-way: the request may have been carried out.
 * 503 is among them because proxies say it of a connection that was reset after the request had gone through; 520 to 527 are Cloudflare's
 * (https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/). Any other 5xx is the target's
 * own word that it failed.
 */
const OF_INTERMEDIARIES = [408, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527];
/** After a `POST` that was carried out: "see there". Not followed, and no failure that frees the key of what happens once only. */
const SEE_OTHER = 303;

/** What follows from an attempt. Only what was surely not sent, or is idempotent, is ever sent again. */
export function judgeAnswer(attempted: Attempted, { idempotent, sent, notSent }: AttemptSituation): AnswerVerdict {
  switch (attempted.kind) {
    case 'not_sent':
      return attempted.final || notSent >= MAX_NOT_SENT ? 'failed' : 'retry';
    case 'unknown':
      return uncertain({ idempotent, sent });
    case 'answered': {
      const { status } = attempted;
      if (status >= 200 && status < 300) return 'done';
      if (status === SEE_OTHER && !idempotent) return 'indeterminate';
      if (OF_INTERMEDIARIES.includes(status)) return uncertain({ idempotent, sent });
      const passing = status === 429 || status >= 500;
      return passing && idempotent && sent < MAX_ATTEMPTS ? 'retry' : 'failed';
    }
  }
}

/** Milliseconds before the next attempt after so many of a kind: 200 doubling, at most 5 s. */
export function retryDelay(attempts: number): number {
  return Math.min(200 * 2 ** (attempts - 1), LONGEST_DELAY_MS);
}

function uncertain({ idempotent, sent }: Pick<AttemptSituation, 'idempotent' | 'sent'>): AnswerVerdict {
  if (!idempotent) return 'indeterminate';
  return sent < MAX_ATTEMPTS ? 'retry' : 'failed';
}
