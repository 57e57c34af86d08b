import { AgentProblem, AgentUnreachable } from './agent-problem.js';

export interface RetryOptions {
  /** Tries in all; default 8. */
  tries?: number;
  /** The first pause, doubled each time up to 30 s; default 250 ms. */
  firstPauseMs?: number;
  /** Calls off the call at work and every further one. */
  signal?: AbortSignal;
  /** Waits; replaced by tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const LONGEST_PAUSE_MS = 30_000;

/**
 * Calls until it succeeds. Temporary problems and lost connections are tried again after a growing pause, at least as long as the
 * server asks for; every other error, and the last one, is thrown.
 */
export async function withRetry<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { tries = 8, firstPauseMs = 250, signal, sleep = pause } = options;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const temporary = error instanceof AgentProblem ? error.isTemporary : isConnectionError(error);
      if (!temporary || attempt >= tries || signal?.aborted) throw error;
      const wanted = Math.min(firstPauseMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.8 + Math.random() * 0.4);
      const asked = error instanceof AgentProblem ? (error.retryAfterMs ?? 0) : 0;
      await sleep(Math.max(wanted, asked), signal);
    }
  }
}

/** How long to wait after so many failures of a thing that may wait: 1 s, doubled each time up to 5 min. */
export function grownPause(failures: number): number {
  return Math.min(1_000 * 2 ** (failures - 1), 5 * 60_000) * (0.8 + Math.random() * 0.4);
}

/** `fetch` tells lost connections as a TypeError with the cause inside; where code runs in a realm of its own, as another one's TypeError. */
function isConnectionError(error: unknown): boolean {
  if (error instanceof AgentUnreachable) return true;
  const { name, cause } = (error ?? {}) as Partial<Error>;
  return name === 'TypeError' && cause !== undefined;
}

/** Resolves after the time, or at once when the signal fires. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
