import { EMPTY_ROOT, nodeHash } from './hash.js';

/** A complete subtree: the hash over leaves `index * 2^level` up to, not including, `(index + 1) * 2^level`. */
export interface NodeId {
  level: number;
  index: number;
}

/** Where stored hashes come from; answers in the order asked, and rejects when one is missing. */
export interface NodeReader {
  nodes(ids: NodeId[]): Promise<Buffer[]>;
}

/** Leaves `from` up to, not including, `to`. */
interface Range {
  from: number;
  to: number;
}

/** The RFC 6962 root of the first `size` leaves. Reads one hash per set bit of the size. */
export async function rootAt(reader: NodeReader, size: number): Promise<Buffer> {
  checkNumbers(size >= 0, size);
  if (size === 0) return EMPTY_ROOT;
  return (await readRanges(reader, [{ from: 0, to: size }]))[0];
}

/** RFC 6962 audit path of leaf `index` in the tree of `size` leaves. Throws a RangeError when the tree has no such leaf. */
export async function inclusionProof(reader: NodeReader, index: number, size: number): Promise<Buffer[]> {
  checkNumbers(index >= 0 && index < size, index, size);
  return readRanges(reader, inclusionRanges(index, { from: 0, to: size }));
}

/** RFC 6962 consistency proof between two sizes. Throws a RangeError unless 0 < from <= to. */
export async function consistencyProof(reader: NodeReader, from: number, to: number): Promise<Buffer[]> {
  checkNumbers(from > 0 && from <= to, from, to);
  return readRanges(reader, from === to ? [] : consistencyRanges(from, { from: 0, to }, true));
}

function checkNumbers(holds: boolean, ...numbers: number[]): void {
  if (!holds || !numbers.every(Number.isSafeInteger))
    throw new RangeError(`the tree has no such index or size: ${numbers.join(', ')}`);
}

/** Largest power of two below `n` (n > 1). */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

function inclusionRanges(index: number, { from, to }: Range): Range[] {
  if (to - from === 1) return [];
  const middle = from + split(to - from);
  return index < middle
    ? [...inclusionRanges(index, { from, to: middle }), { from: middle, to }]
    : [...inclusionRanges(index, { from: middle, to }), { from, to: middle }];
}

/** SUBPROOF of RFC 6962 section 2.1.2; `whole` says that the old tree's root is known to the verifier. */
function consistencyRanges(size: number, { from, to }: Range, whole: boolean): Range[] {
  if (size === to) return whole ? [] : [{ from, to }];
  const middle = from + split(to - from);
  return size <= middle
    ? [...consistencyRanges(size, { from, to: middle }, whole), { from: middle, to }]
    : [...consistencyRanges(size, { from: middle, to }, false), { from, to: middle }];
}

async function readRanges(reader: NodeReader, ranges: Range[]): Promise<Buffer[]> {
  const parts = ranges.map(completeSubtrees);
  const hashes = (await reader.nodes(parts.flat())).values();
  return parts.map((ids) => ids.map(() => hashes.next().value as Buffer).reduceRight((right, left) => nodeHash(left, right)));
}

function completeSubtrees({ from, to }: Range): NodeId[] {
  const ids: NodeId[] = [];
  for (let start = from; start < to; ) {
    let level = 0;
    let width = 1;
    while (start % (width * 2) === 0 && start + width * 2 <= to) {
      level += 1;
      width *= 2;
    }
    ids.push({ level, index: start / width });
    start += width;
  }
  return ids;
}
