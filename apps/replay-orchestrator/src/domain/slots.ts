import type { ReplayRecord } from './replay.js';
import { needsApproval } from './replay-checks.js';
import type { ReplayMessage } from './replay-message.js';

/** How many execute slots are taken, per environment that somebody looks at under its lock. */
export type TakenSlots = Map<string, number>;

/** Whether this may make the replay take a slot of its environment. */
export function wantsSlot({ mode, state }: ReplayRecord, message: ReplayMessage): boolean {
  const asks =
    (message.type === 'use_reserved' && state === 'reserving') ||
    (message.type === 'checked' && message.codes.length === 0 && !needsApproval(message.checks));
  return asks && mode === 'execute';
}

/** The message with what is to be known of slots; none is free where nobody looked. */
export function withSlot(replay: ReplayRecord, message: ReplayMessage, taken: TakenSlots): ReplayMessage {
  if (message.type !== 'checked' && message.type !== 'use_reserved') return message;
  const slots = (message.type === 'checked' ? message.dispatch : replay.dispatch)?.slots ?? 0;
  const inUse = taken.get(replay.environmentId);
  return { ...message, slotFree: inUse !== undefined && inUse < slots, ...(inUse !== undefined && { slotsTaken: inUse }) };
}

/** Notes what a step took or freed, for the steps after it. */
export function countSlot(taken: TakenSlots, before: ReplayRecord, after: ReplayRecord): void {
  const inUse = taken.get(after.environmentId);
  if (inUse === undefined || before.holdsSlot === after.holdsSlot) return;
  taken.set(after.environmentId, inUse + (after.holdsSlot ? 1 : -1));
}
