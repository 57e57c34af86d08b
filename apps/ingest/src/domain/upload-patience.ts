/** How long a sender of an upload may take. What waits for the store does not count. */
export interface UploadPatience {
  /** Without a byte. */
  idleMs: number;
  /** Over all. */
  totalMs: number;
}

export const DEFAULT_UPLOAD_PATIENCE: UploadPatience = { idleMs: 20_000, totalMs: 30 * 60 * 1000 };
