import type { SequenceRange } from './rpc/catalog-agent.rpc.js';

/** What is left of ranges without some numbers, in whatever order those come. */
export function withoutNumbers(ranges: readonly SequenceRange[], numbers: readonly number[]): SequenceRange[] {
  let left = [...ranges];
  for (const number of numbers) {
    left = left.flatMap(({ from, to }) =>
      number < from || number > to
        ? [{ from, to }]
        : [
            { from, to: number - 1 },
            { from: number + 1, to },
          ].filter((range) => range.from <= range.to),
    );
  }
  return left;
}
