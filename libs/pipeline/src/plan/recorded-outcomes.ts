import { Problem } from '@reenact/contracts';
import { MAX_ITEMS_PER_RECORD } from '../engine/pipeline-run.js';
import type { Outcome } from '../journal/outcome.js';
import type { PlanRequest } from './build-plan.js';

/** Outcomes held in memory at most, when their file is not in the order of offsets. */
export const MAX_UNSORTED_OUTCOMES = 1_000_000;
/** Effects of one record whose outcomes are held at most: no record gives more values than that to act on. */
export const MAX_EFFECTS_PER_RECORD = MAX_ITEMS_PER_RECORD;

/** An outcome as plans and reports compare it. */
export type RecordedOutcome = Omit<Outcome, 'error'>;
/** The outcomes of one offset by stage and n. Of repeated ones the last counts, but what was ok once stays ok. */
export type RecordedEffects = ReadonlyMap<string, RecordedOutcome>;

/** What was recorded, handed out offset by offset. */
export interface RecordedOutcomes {
  /** What was recorded at an offset. They are asked for in rising order; those in between are passed over. */
  at(offset: number): RecordedEffects | Promise<RecordedEffects>;
  /** The offset of the last outcome, -1 without any: what comes after it was never reached. */
  lastOffset: number;
  /** Reads what is left: whoever reads outcomes from stored bytes knows at their end only that they are the right ones. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

type Pacing = Pick<PlanRequest, 'signal' | 'breathe'>;

/**
 * Reads the outcomes once to learn their order. In the order of offsets they are then merged while streaming, in constant
 * memory; otherwise they are held and sorted. Throws `plan_too_large` when those, or those of one offset, are too many.
 */
export async function recordedOutcomes(open: () => AsyncIterable<Outcome>, pacing: Pacing = {}): Promise<RecordedOutcomes> {
  const { sorted, count, lastOffset } = await survey(paced(open(), pacing));
  if (sorted) return new StreamedOutcomes(paced(open(), pacing), lastOffset);
  if (count > MAX_UNSORTED_OUTCOMES) {
    throw new Problem('plan_too_large', { detail: `more than ${MAX_UNSORTED_OUTCOMES} outcomes that are not in order` });
  }
  const held: RecordedOutcome[] = [];
  for await (const outcome of paced(open(), pacing)) held.push(comparable(outcome));
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

async function* paced(outcomes: AsyncIterable<Outcome>, { signal, breathe }: Pacing): AsyncGenerator<Outcome> {
  for await (const outcome of outcomes) {
    signal?.throwIfAborted();
    const pause = breathe?.();
    if (pause) await pause;
    yield outcome;
  }
}

async function* iterate(outcomes: RecordedOutcome[]): AsyncGenerator<RecordedOutcome> {
  yield* outcomes;
}

/** Errors may be long, and nothing compares them. */
function comparable({ offset, stage, n, status, payloadSha256 }: RecordedOutcome): RecordedOutcome {
  return { offset, stage, n, status, ...(payloadSha256 !== undefined && { payloadSha256 }) };
}

/** Nothing was recorded. */
export const NO_EFFECTS: RecordedEffects = new Map();

class StreamedOutcomes implements RecordedOutcomes {
  private waiting: RecordedOutcome | undefined;
  private ended = false;

  constructor(
    private readonly outcomes: AsyncGenerator<RecordedOutcome>,
    readonly lastOffset: number,
  ) {}

  /** At once when there are none, so that a journal with few outcomes is not slowed down by them. */
  at(offset: number): RecordedEffects | Promise<RecordedEffects> {
    if (this.waiting ? this.waiting.offset > offset : this.ended) return NO_EFFECTS;
    return this.readAt(offset);
  }

  private async readAt(offset: number): Promise<RecordedEffects> {
    const found = new Map<string, RecordedOutcome>();
    for (;;) {
      this.waiting ??= await this.next();
      if (!this.waiting || this.waiting.offset > offset) return found;
      if (this.waiting.offset === offset) keep(found, this.waiting);
      this.waiting = undefined;
    }
  }

  async finish(): Promise<void> {
    for await (const _outcome of this.outcomes);
  }

  async close(): Promise<void> {
    await this.outcomes.return(undefined);
  }

  private async next(): Promise<RecordedOutcome | undefined> {
    if (this.ended) return undefined;
    const { done, value } = await this.outcomes.next();
    this.ended = done === true;
    return this.ended ? undefined : (value as RecordedOutcome);
  }
}

function keep(found: Map<string, RecordedOutcome>, outcome: RecordedOutcome): void {
  const key = effectKey(outcome.stage, outcome.n);
  if (found.get(key)?.status === 'ok' && outcome.status !== 'ok') return;
  found.set(key, comparable(outcome));
  if (found.size <= MAX_EFFECTS_PER_RECORD) return;
  throw new Problem('plan_too_large', {
    detail: `record ${outcome.offset} has outcomes of more than ${MAX_EFFECTS_PER_RECORD} actions`,
  });
}

export function effectKey(stage: string, n: number): string {
  return `${n}:${stage}`;
}
