/** S3 wants parts of at least 5 MiB and at most 10 000 of them. */
export const PART_SIZE = 8 * 1024 * 1024;
/** Most objects are small and should not cost a part each; and what is moved to a larger room is there twice for a moment. */
const ROOMS = [64 * 1024, 1024 * 1024, PART_SIZE];
/** What a buffer holds at most: a part, and the room before it while it moves. */
export const PART_BUFFER_BYTES = PART_SIZE + ROOMS[1];

/** Gathers up to one part in memory that is used again for the next. */
export class PartBuffer {
  private room = Buffer.alloc(0);
  private filled = 0;

  /** Takes a copy of as much as fits, and answers what did not. */
  add(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, PART_SIZE - this.filled);
    this.makeRoom(this.filled + taken.length);
    this.room.set(taken, this.filled);
    this.filled += taken.length;
    return bytes.subarray(taken.length);
  }

  /** What was gathered. It changes with the next `add` after a `clear`. */
  get bytes(): Uint8Array {
    return this.room.subarray(0, this.filled);
  }

  clear(): void {
    this.filled = 0;
  }

  /** Lets go of the memory too. */
  free(): void {
    this.clear();
    this.room = Buffer.alloc(0);
  }

  private makeRoom(size: number): void {
    if (size <= this.room.length) return;
    const room = Buffer.allocUnsafeSlow(ROOMS.find((each) => each >= size) ?? PART_SIZE);
    room.set(this.bytes);
    this.room = room;
  }
}
