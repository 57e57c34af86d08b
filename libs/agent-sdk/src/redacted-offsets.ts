/** Which offsets of a growing sequence were added; as ranges, so that a whole journal takes no more than its gaps. */
export class RedactedOffsets {
  private readonly ranges: { from: number; to: number }[] = [];

  /** Once more, from the first one on, changes nothing. */
  add(offset: number): void {
    const last = this.ranges.at(-1);
    if (!last || offset > last.to + 1) this.ranges.push({ from: offset, to: offset });
    else if (offset === last.to + 1) last.to = offset;
  }

  has(offset: number): boolean {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranges[middle].to < offset) low = middle + 1;
      else high = middle;
    }
    return low < this.ranges.length && this.ranges[low].from <= offset;
  }

  /** Whether that offset or one before it was added. */
  hasUpTo(offset: number): boolean {
    return this.ranges.length > 0 && this.ranges[0].from <= offset;
  }
}
