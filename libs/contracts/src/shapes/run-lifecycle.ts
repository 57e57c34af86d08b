import type { ReplayMode } from './replay.js';

/** What a run can be. A dry run never enters `verifying` or `starting`. */
export const RUN_STATES = [
  'queued',
  'verifying',
  'starting',
  'running',
  'succeeded',
  'failed',
  'refused',
  'withdrawn',
  'cancelled',
  'indeterminate',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/** What moves a run. `claim` is taking it with a new attempt, `exhaust` is a claim too many. */
export type RunTrigger =
  | 'claim'
  | 'begin'
  | 'start'
  | 'refuse'
  | 'unconfirm'
  | 'withdraw'
  | 'succeed'
  | 'fail'
  | 'cancel'
  | 'indeterminate'
  | 'exhaust';

/** The run's events, by the last word of their contract. */
export type RunFactName =
  | 'started'
  | 'refused'
  | 'unconfirmed'
  | 'withdrawn'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'indeterminate';

/** One row of the table of runs. */
export interface RunTransition {
  from: RunState;
  on: RunTrigger;
  to: RunState;
  /** The fact it leaves; none when nobody outside needs to know. */
  fact?: RunFactName;
}

const DRY_RUN: readonly RunTransition[] = [
  { from: 'queued', on: 'claim', to: 'running', fact: 'started' },
  { from: 'queued', on: 'withdraw', to: 'withdrawn', fact: 'withdrawn' },
  { from: 'running', on: 'claim', to: 'running' },
  { from: 'running', on: 'succeed', to: 'succeeded', fact: 'succeeded' },
  { from: 'running', on: 'fail', to: 'failed', fact: 'failed' },
  { from: 'running', on: 'cancel', to: 'cancelled', fact: 'cancelled' },
  { from: 'running', on: 'exhaust', to: 'failed', fact: 'failed' },
];

const EXECUTE: readonly RunTransition[] = [
  { from: 'queued', on: 'claim', to: 'verifying' },
  { from: 'queued', on: 'withdraw', to: 'withdrawn', fact: 'withdrawn' },
  { from: 'verifying', on: 'claim', to: 'verifying' },
  { from: 'verifying', on: 'withdraw', to: 'withdrawn', fact: 'withdrawn' },
  { from: 'verifying', on: 'refuse', to: 'refused', fact: 'refused' },
  { from: 'verifying', on: 'exhaust', to: 'refused', fact: 'refused' },
  // Nobody stands by this command; the row waits for one that somebody stands by.
  { from: 'verifying', on: 'unconfirm', to: 'refused', fact: 'unconfirmed' },
  // The one place where start-by and withdraw are decided.
  { from: 'verifying', on: 'begin', to: 'starting' },
  { from: 'starting', on: 'claim', to: 'starting' },
  { from: 'starting', on: 'withdraw', to: 'withdrawn', fact: 'withdrawn' },
  { from: 'starting', on: 'refuse', to: 'refused', fact: 'refused' },
  { from: 'starting', on: 'exhaust', to: 'refused', fact: 'refused' },
  { from: 'starting', on: 'start', to: 'running', fact: 'started' },
  { from: 'running', on: 'claim', to: 'running' },
  { from: 'running', on: 'succeed', to: 'succeeded', fact: 'succeeded' },
  { from: 'running', on: 'fail', to: 'failed', fact: 'failed' },
  { from: 'running', on: 'cancel', to: 'cancelled', fact: 'cancelled' },
  { from: 'running', on: 'indeterminate', to: 'indeterminate', fact: 'indeterminate' },
];

/** Every transition of a run: the runner keeps to it, and the proof of the saga is made against it. */
export const RUN_TRANSITIONS: Record<ReplayMode, readonly RunTransition[]> = { dry_run: DRY_RUN, execute: EXECUTE };

export const RUN_ENDS: readonly RunState[] = ['succeeded', 'failed', 'refused', 'withdrawn', 'cancelled', 'indeterminate'];

export interface WithdrawSituation {
  mode: ReplayMode;
  state: RunState;
  reason: 'cancel' | 'start_by';
  /** The mode that the withdraw names: that of the replay. */
  asked: ReplayMode;
}

const UNBEGUN: readonly RunState[] = ['queued', 'verifying', 'refused', 'withdrawn'];

/**
 * What a withdraw does when it finds a run: `end` it as withdrawn, `note` it for whoever works on the run, or nothing (`ignore`) because
 * the run has ended and its end was said. Past the one row that decides the start, a start-by has no say any more. A run of another mode
 * than the replay's was commanded by somebody else: no fact of it answers the replay, so it is ended unless an execute has begun.
 */
export function judgeWithdraw({ mode, state, reason, asked }: WithdrawSituation): 'end' | 'note' | 'ignore' {
  if (mode !== asked) return mode === 'dry_run' || UNBEGUN.includes(state) ? 'end' : 'ignore';
  if (RUN_ENDS.includes(state)) return 'ignore';
  if (state === 'queued' || state === 'verifying') return 'end';
  return reason === 'cancel' ? 'note' : 'ignore';
}
