/** What one replica holds at once; beyond it callers are told to come again. */
export interface Capacity {
  maxRequests: number;
  /** Of bodies that are kept in memory, and of the buffers of uploads. */
  maxBytes: number;
}

export const DEFAULT_CAPACITY: Capacity = { maxRequests: 1_000, maxBytes: 256 * 1024 * 1024 };
