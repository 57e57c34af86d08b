import { type SequenceRange, withoutNumbers } from '@reenact/contracts';

const MAX_RANGES = 100;

/** Evidence of a sequence gap: the ranges that are missing, lowest first. */
export interface MissingNumbers {
  sequence: string;
  bootId: string;
  missing: SequenceRange[];
}

/** What is missing after more was found missing; of very many gaps the newest are kept. */
export function alsoMissing(before: MissingNumbers, more: readonly SequenceRange[]): MissingNumbers {
  const missing: SequenceRange[] = [];
  for (const range of [...before.missing, ...more].sort((a, b) => a.from - b.from)) {
    const last = missing.at(-1);
    if (last && range.from <= last.to + 1) missing[missing.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else missing.push(range);
  }
  return { ...before, missing: missing.slice(-MAX_RANGES) };
}

/** What is missing after one number arrived after all. */
export function noLongerMissing(before: MissingNumbers, number: number): MissingNumbers {
  return { ...before, missing: withoutNumbers(before.missing, [number]) };
}
