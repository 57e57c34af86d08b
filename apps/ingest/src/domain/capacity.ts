/** What one replica holds at once; beyond it callers are told to come again. */
export interface Capacity {
  maxRequests: number;
  /** Of those that no agent key opens, from one address; of bytes it gets the same share. Nobody unknown fills the service alone. */
  maxUnauthenticatedPerAddress: number;
  /** Of bodies that are kept in memory, and of the buffers of uploads. */
  maxBytes: number;
}

export const DEFAULT_CAPACITY: Capacity = {
  maxRequests: 1_000,
  maxUnauthenticatedPerAddress: 200,
  maxBytes: 256 * 1024 * 1024,
};
