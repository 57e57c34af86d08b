import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What the process holds. What nobody holds any more does not count: else the figures would say when the collector ran. */
export async function heldMemory(): Promise<NodeJS.MemoryUsage> {
  collect();
  // What lies outside of the heap is let go of a turn after its owner.
  await setImmediate();
  collect();
  return process.memoryUsage();
}
