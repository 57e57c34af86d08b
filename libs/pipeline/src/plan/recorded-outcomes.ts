import { Problem } from '@reenact/contracts';
import type { Outcome } from '../journal/outcome.js';

/** Outcomes held in memory at most, when their file is not in the order of offsets. */
export const MAX_UNSORTED_OUTCOMES = 1_000_000;

/** What was recorded, handed out offset by offset. */
export interface RecordedOutcomes {
  /** The outcomes of all offsets up to this one that were not handed out before, in the order of offsets. */
  upTo(offset: number): readonly Outcome[] | Promise<readonly Outcome[]>;
  /** The offset of the last outcome, -1 without any: what comes after it was never reached. */
  lastOffset: number;
  close(): Promise<void>;
}

/**
 * Reads the outcomes once to learn their order. In the order of offsets they are then merged while streaming, in constant
 * memory; otherwise they are held and sorted. Throws `plan_too_large` when those are too many.
 */
export async function recordedOutcomes(open: () => AsyncIterable<Outcome>): Promise<RecordedOutcomes> {
  const { sorted, count, lastOffset } = await survey(open());
  if (sorted) return new StreamedOutcomes(open()[Symbol.asyncIterator](), lastOffset);
  if (count > MAX_UNSORTED_OUTCOMES) {
    throw new Problem('plan_too_large', { detail: `more than ${MAX_UNSORTED_OUTCOMES} outcomes that are not in order` });
  }
  const held: Outcome[] = [];
  for await (const outcome of open()) held.push(outcome);
  held.sort((a, b) => a.offset - b.offset);
  return new StreamedOutcomes(iterate(held), lastOffset);
}

async function survey(outcomes: AsyncIterable<Outcome>): Promise<{ sorted: boolean; count: number; lastOffset: number }> {
  let sorted = true;
  let count = 0;
  let lastOffset = -1;
  for await (const { offset } of outcomes) {
    count += 1;
    if (offset < lastOffset) sorted = false;
    lastOffset = Math.max(lastOffset, offset);
  }
  return { sorted, count, lastOffset };
}

async function* iterate(outcomes: Outcome[]): AsyncGenerator<Outcome> {
  yield* outcomes;
}

const NONE: readonly Outcome[] = [];

class StreamedOutcomes implements RecordedOutcomes {
  private waiting: Outcome | undefined;
  private ended = false;

  constructor(
    private readonly outcomes: AsyncIterator<Outcome>,
    readonly lastOffset: number,
  ) {}

  /** At once when there are none, so that a journal with few outcomes is not slowed down by them. */
  upTo(offset: number): readonly Outcome[] | Promise<readonly Outcome[]> {
    if (this.waiting ? this.waiting.offset > offset : this.ended) return NONE;
    return this.readUpTo(offset);
  }

  private async readUpTo(offset: number): Promise<readonly Outcome[]> {
    const found: Outcome[] = [];
    for (;;) {
      this.waiting ??= await this.next();
      if (!this.waiting || this.waiting.offset > offset) return found;
      found.push(this.waiting);
      this.waiting = undefined;
    }
  }

  async close(): Promise<void> {
    await this.outcomes.return?.();
  }

  private async next(): Promise<Outcome | undefined> {
    if (this.ended) return undefined;
    const { done, value } = await this.outcomes.next();
    this.ended = done === true;
    return this.ended ? undefined : (value as Outcome);
  }
}

/** The outcomes of one offset by stage and n. Of repeated ones the last counts, but what was ok once stays ok. */
export function byEffect(outcomes: readonly Outcome[]): Map<string, Outcome> {
  const found = new Map<string, Outcome>();
  for (const outcome of outcomes) {
    const key = effectKey(outcome.stage, outcome.n);
    if (found.get(key)?.status !== 'ok' || outcome.status === 'ok') found.set(key, outcome);
  }
  return found;
}

export function effectKey(stage: string, n: number): string {
  return `${n}:${stage}`;
}
