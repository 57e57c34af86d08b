import { setImmediate } from 'node:timers/promises';

/** The longest that a plan works on without a pause, a single record aside, which has its own bound. */
const TURN_MS = 25;

/** To be called between pieces of work: once they took a turn's time, it answers a promise that lets the leases of all runs be renewed first. */
export function breather(now: () => number = () => performance.now()): () => Promise<void> | undefined {
  let since = now();
  const pause = async () => {
    await setImmediate();
    since = now();
  };
  return () => (now() - since < TURN_MS ? undefined : pause());
}
