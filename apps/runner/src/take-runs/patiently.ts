import { setTimeout as delay } from 'node:timers/promises';
import { Problem } from '@reenact/contracts';

export interface Patience {
  signal: AbortSignal;
  /** Whether asking again still makes sense; default for one minute. */
  goesOn?: () => boolean;
}

const MINUTE_MS = 60_000;
const LONGEST_PAUSE_MS = 2_000;

/** Asks until there is an answer. What will not change by waiting is thrown at once, the last "not now" when patience ends. */
export async function patiently<T>(ask: () => Promise<T>, { signal, goesOn = forOneMinute() }: Patience): Promise<T> {
  for (let pause = 100; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    signal.throwIfAborted();
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof Problem) || error.retry === 'never' || !goesOn()) throw error;
    }
    await pauseFor(pause, signal);
  }
}

/** Waits; throws the signal's reason when it aborts meanwhile. */
export async function pauseFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

function forOneMinute(): () => boolean {
  const end = performance.now() + MINUTE_MS;
  return () => performance.now() < end;
}
