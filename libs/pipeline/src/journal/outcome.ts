/** What became of one action in the first place. */
export interface Outcome {
  offset: number;
  stage: string;
  /** Numbers the stage's actions of one record. */
  n: number;
  status: OutcomeStatus;
  payloadSha256?: string;
  error?: string;
}

export const OUTCOME_STATUSES = ['ok', 'error', 'skipped'] as const;
export type OutcomeStatus = (typeof OUTCOME_STATUSES)[number];
