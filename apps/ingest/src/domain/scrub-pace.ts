/** How often stored bytes are hashed again, and how fast they are read for that. */
export interface ScrubPace {
  everyHours: number;
  bytesPerSecond: number;
}

export const DEFAULT_SCRUB_PACE: ScrubPace = { everyHours: 7 * 24, bytesPerSecond: 8 * 1024 * 1024 };
