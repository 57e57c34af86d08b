import type { TargetLimits } from '@reenact/contracts';

const SECOND_MS = 1000;

/** What others are about at one target. Moments are milliseconds of one clock. */
export interface TargetUse {
  underWay: number;
  /** Begins of the last second, and earlier ones if there are any. */
  begins: readonly number[];
  /** Who asked earlier and still waits. */
  ahead: number;
}

/** 0 when one more may begin now; else after how long there may be room, Infinity when only another's end or leaving makes it. */
export function waitForRoom(
  { concurrency, perSecond }: TargetLimits,
  { underWay, begins, ahead }: TargetUse,
  now: number,
): number {
  if (concurrency !== undefined && underWay + ahead >= concurrency) return Number.POSITIVE_INFINITY;
  if (perSecond === undefined) return 0;
  const recent = begins.filter((at) => at > now - SECOND_MS).toSorted((one, other) => one - other);
  const tooMany = recent.length + ahead - perSecond;
  if (tooMany < 0) return 0;
  return tooMany < recent.length ? recent[tooMany] + SECOND_MS - now : Number.POSITIVE_INFINITY;
}
