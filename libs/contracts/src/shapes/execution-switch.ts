export const EXECUTION_STATES = ['running', 'paused', 'stopped'] as const;
export type ExecutionState = (typeof EXECUTION_STATES)[number];

/** Whether runs of an environment may go on: `paused` ones wait before their next action, `stopped` ones end before it. */
export interface ExecutionSwitch {
  environmentId: string;
  state: ExecutionState;
  /** Why it was set last, by whom and when; none while nobody has. */
  reason?: string;
  changedBy?: string;
  changedAt?: string;
}
