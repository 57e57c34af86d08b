import type { TargetLimits } from '@reenact/contracts';

const SECOND_MS = 1000;

/** Who may send to one target, and when. Moments are milliseconds of one monotonic clock. */
export class TargetLane {
  private underWay = 0;
  /** Of the last second, oldest first; kept only where a rate is to be held. */
  private readonly begins: number[] = [];

  constructor(private readonly limits: TargetLimits) {}

  /** 0 when the turn was taken; else after how long there may be one, Infinity when only an end makes room. */
  take(now: number): number {
    const { concurrency = Number.POSITIVE_INFINITY, perSecond } = this.limits;
    while (this.begins.length > 0 && this.begins[0] <= now - SECOND_MS) this.begins.shift();
    if (this.underWay >= concurrency) return Number.POSITIVE_INFINITY;
    if (perSecond !== undefined) {
      if (this.begins.length >= perSecond) return this.begins[0] + SECOND_MS - now;
      this.begins.push(now);
    }
    this.underWay += 1;
    return 0;
  }

  end(): void {
    this.underWay -= 1;
  }

  /** Whether it may be forgotten. */
  isIdle(now: number): boolean {
    return this.underWay === 0 && (this.begins.at(-1) ?? Number.NEGATIVE_INFINITY) <= now - SECOND_MS;
  }
}
