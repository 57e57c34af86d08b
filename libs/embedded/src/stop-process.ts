import { setTimeout as delay } from 'node:timers/promises';
import { processBirth } from './process-table.js';

/** A signal and how long to wait for the process to end before the next one. */
export type StopStep = [signal: NodeJS.Signals, waitMs: number];

/** Sends the signals one after the other until the process has ended. Throws when it outlives the last one. */
export async function stopProcess(pid: number, steps: StopStep[]): Promise<void> {
  const birth = processBirth(pid);
  const alive = () => birth !== undefined && processBirth(pid) === birth;
  for (const [signal, waitMs] of steps) {
    if (!alive()) return;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
    const deadline = performance.now() + waitMs;
    while (alive() && performance.now() < deadline) await delay(10);
  }
  if (alive()) throw new Error(`process ${pid} does not end`);
}
