import { type ReplayMode, RUN_TRANSITIONS, type RunState, type RunTransition, type RunTrigger } from '@reenact/contracts';

/** The transition of a trigger out of a state, or undefined where the trigger means nothing there. */
export function transition(mode: ReplayMode, from: RunState, on: RunTrigger): RunTransition | undefined {
  return RUN_TRANSITIONS[mode].find((row) => row.from === from && row.on === on);
}

/** The states that a trigger may leave: what a conditional update names. */
export function sourcesOf(mode: ReplayMode, on: RunTrigger): RunState[] {
  return RUN_TRANSITIONS[mode].filter((row) => row.on === on).map(({ from }) => from);
}

/** Claims in which a run got no further, after which it is given up. */
export const MAX_STRIKES = 5;
