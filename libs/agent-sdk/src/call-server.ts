import { AgentUnreachable, readAnswer } from './agent-problem.js';
import type { Watchdog } from './watchdog.js';

/** How long a call without a file waits for its answer. */
export const ANSWER_MS = 10_000;

/**
 * Makes one call and reads its answer; the watchdog has ended then. Throws an AgentProblem when it was refused, an AgentUnreachable
 * without an answer, and the caller's reason when the caller called it off.
 */
export async function callServer<T>(url: string, init: RequestInit & { duplex?: 'half' }, watchdog: Watchdog): Promise<T> {
  try {
    return await readAnswer<T>(await AgentUnreachable.whenLost(() => fetch(url, { ...init, signal: watchdog.signal })));
  } finally {
    watchdog.end();
  }
}
