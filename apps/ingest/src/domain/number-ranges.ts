import type { SequenceRange } from '@reenact/contracts';

/** More than an agent's rate limit lets through in any time that a batch waits for its turn; the oldest go first. */
const MAX_RANGES = 256;

/** Ranges in order, with one number more. */
export function addNumber(ranges: readonly SequenceRange[], number: number): SequenceRange[] {
  const last = ranges.at(-1);
  // What comes nearly always: the next one.
  if (last && last.to + 1 === number) return [...ranges.slice(0, -1), { from: last.from, to: number }];
  return joinRanges(ranges, [{ from: number, to: number }]);
}

/** The ranges of both, in order, those that touch made one. */
export function joinRanges(a: readonly SequenceRange[], b: readonly SequenceRange[]): SequenceRange[] {
  const joined: SequenceRange[] = [];
  for (const range of [...a, ...b].sort((x, y) => x.from - y.from)) {
    const last = joined.at(-1);
    if (last && range.from <= last.to + 1) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) };
    else joined.push(range);
  }
  return joined.slice(-MAX_RANGES);
}
