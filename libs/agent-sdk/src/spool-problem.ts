/** Why evidence could not be kept. */
export type SpoolProblemCode = 'spool_full' | 'disk_full' | 'disk_failed' | 'redaction_key_damaged';

/** Evidence that could not be kept. Its number stays used and counts as a gap. */
export class SpoolProblem extends Error {
  override readonly name = 'SpoolProblem';

  constructor(
    readonly code: SpoolProblemCode,
    message: string,
    options?: { cause: unknown },
  ) {
    super(`${code}: ${message}`, options);
  }
}

/** What an error of the file system means for evidence. */
export function toSpoolProblem(error: unknown): unknown {
  if (error instanceof SpoolProblem) return error;
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new SpoolProblem('disk_full', 'no room on the disk', { cause: error });
  if (code === 'EIO' || code === 'EROFS' || code === 'EACCES' || code === 'EPERM' || code === 'EMFILE') {
    return new SpoolProblem('disk_failed', `the disk answers ${code}`, { cause: error });
  }
  return error;
}
