import { Problem } from '@reenact/contracts';
import type { ByteRange } from './object-store.js';

/** Throws `range_not_satisfiable` for a range that selects no byte of an object of that size. */
export function assertRange(range: ByteRange, size: number): void {
  const { start, end = size } = range;
  const fine = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end && start < size;
  if (!fine) throw new Problem('range_not_satisfiable', { members: { size } });
}
