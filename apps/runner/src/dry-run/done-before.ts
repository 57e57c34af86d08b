import type { PlanAction } from '@reenact/pipeline';
import type { EffectReads } from '../store/effect-reads.store.js';

/** Keys asked for at once: of a plan of a million actions no more are held. */
const BATCH = 1_000;

/**
 * How many of a plan's actions replays in that environment have done already: an execute would skip them. No part of the plan, which is a
 * matter of the evidence alone and stays the same when they are done.
 */
export async function countDoneBefore(
  effects: Pick<EffectReads, 'hasAny' | 'countDone'>,
  environmentId: string,
  actions: AsyncIterable<{ action: Pick<PlanAction, 'disposition' | 'idempotencyKey'> }>,
  signal: AbortSignal,
): Promise<number> {
  if (!(await effects.hasAny(environmentId))) return 0;
  let count = 0;
  let keys: string[] = [];
  const ask = async () => {
    if (keys.length > 0) count += await effects.countDone(environmentId, keys);
    keys = [];
  };
  for await (const { action } of actions) {
    signal.throwIfAborted();
    if (action.disposition !== 'perform') continue;
    keys.push(action.idempotencyKey);
    if (keys.length === BATCH) await ask();
  }
  await ask();
  return count;
}
