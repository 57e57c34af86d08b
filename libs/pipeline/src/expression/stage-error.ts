/** Why a stage could not process a value. Codes are stable; messages are for people. */
export class StageError extends Error {
  override readonly name = 'StageError';

  constructor(
    readonly code: StageErrorCode,
    message: string,
  ) {
    super(message);
  }
}

export const STAGE_ERROR_CODES = [
  'number_not_exact',
  'expression_failed',
  'expression_cost',
  'result_type',
  'result_too_large',
  'path_invalid',
  'subject_invalid',
  'header_invalid',
  'too_many_items',
] as const;
export type StageErrorCode = (typeof STAGE_ERROR_CODES)[number];
