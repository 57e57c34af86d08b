/** A place in a journal where a reader may begin: the offset of a record, and where its line begins in the entry. */
export type JournalPoint = readonly [offset: number, position: number];

const STRIDE_BYTES = 64 * 1024;
const MAX_POINTS = 1024;

/** Takes the places of a journal's records while they pass; keeps one in so many bytes, and never more than a thousand. */
export class JournalIndexer {
  private points: JournalPoint[] = [];
  private stride = STRIDE_BYTES;
  private next = 0;

  take(offset: number, position: number): void {
    if (position < this.next) return;
    this.points.push([offset, position]);
    if (this.points.length > MAX_POINTS) {
      this.points = this.points.filter((_point, index) => index % 2 === 0);
      this.stride *= 2;
    }
    this.next = this.points[this.points.length - 1][1] + this.stride;
  }

  result(): JournalPoint[] {
    return this.points;
  }
}

/** Where a reader that wants the records from an offset on may begin; the journal's beginning where no place is known. */
export function positionOf(points: readonly JournalPoint[], offset: number): number {
  let low = 0;
  for (let high = points.length; low < high; ) {
    const middle = (low + high) >>> 1;
    if (points[middle][0] <= offset) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : points[low - 1][1];
}
