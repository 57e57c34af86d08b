import type { ReplayMode } from '@reenact/contracts';

/** What a row of `runner.run` can be. A dry run never enters `verifying` or `starting`. */
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

/** What moves a row. `claim` is taking it with a new attempt, `exhaust` is a claim too many. */
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

export interface Transition {
  from: RunState;
  on: RunTrigger;
  to: RunState;
  /** The fact it leaves; none when nobody outside needs to know. */
  fact?: RunFactName;
}

const DRY_RUN: readonly Transition[] = [
  { from: 'queued', on: 'claim', to: 'running', fact: 'started' },
  { from: 'queued', on: 'withdraw', to: 'withdrawn', fact: 'withdrawn' },
  { from: 'running', on: 'claim', to: 'running' },
  { from: 'running', on: 'succeed', to: 'succeeded', fact: 'succeeded' },
  { from: 'running', on: 'fail', to: 'failed', fact: 'failed' },
  { from: 'running', on: 'cancel', to: 'cancelled', fact: 'cancelled' },
  { from: 'running', on: 'exhaust', to: 'failed', fact: 'failed' },
];

const EXECUTE: readonly Transition[] = [
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
  { from: 'running', on: 'exhaust', to: 'indeterminate', fact: 'indeterminate' },
];

/** Every transition there is. */
export const TRANSITIONS: Record<ReplayMode, readonly Transition[]> = { dry_run: DRY_RUN, execute: EXECUTE };

export const ENDED: readonly RunState[] = ['succeeded', 'failed', 'refused', 'withdrawn', 'cancelled', 'indeterminate'];

/** The transition of a trigger out of a state, or undefined where the trigger means nothing there. */
export function transition(mode: ReplayMode, from: RunState, on: RunTrigger): Transition | undefined {
  return TRANSITIONS[mode].find((row) => row.from === from && row.on === on);
}

/** The states that a trigger may leave: what a conditional update names. */
export function sourcesOf(mode: ReplayMode, on: RunTrigger): RunState[] {
  return TRANSITIONS[mode].filter((row) => row.on === on).map(({ from }) => from);
}

export interface WithdrawSituation {
  state: RunState;
  reason: 'cancel' | 'start_by';
}

/**
 * What a withdraw does when it finds a row: `end` it as withdrawn, `note` it for whoever works on the run, or nothing (`ignore`) because
 * the run has ended and its end was said. Past the one row that decides the start, a start-by has no say any more.
 */
export function judgeWithdraw({ state, reason }: WithdrawSituation): 'end' | 'note' | 'ignore' {
  if (ENDED.includes(state)) return 'ignore';
  if (state === 'queued' || state === 'verifying') return 'end';
  return reason === 'cancel' ? 'note' : 'ignore';
}

/** Claims after which a run is given up. */
export const MAX_STRIKES = 5;

/** What exhausting a run means: with no action begun nothing is indeterminate. */
export function judgeExhausted(mode: ReplayMode, state: RunState, effectsBegun: number): RunTrigger {
  return mode === 'execute' && state === 'running' && effectsBegun === 0 ? 'fail' : 'exhaust';
}
