import { Problem, type ReplayState, TERMINAL_STATES } from '@reenact/contracts';

/** What is asked for: actions are those of the plan. */
export type Planned = 'plan' | 'report';

/** The states in which there may be one: a run makes its plan, and its report when it ends. */
const ALLOWED: Record<Planned, ReplayState[]> = {
  plan: ['running', 'succeeded', 'failed', 'cancelled', 'indeterminate'],
  report: ['succeeded', 'failed', 'cancelled', 'indeterminate'],
};

/** The conflict of a replay without one: whether waiting helps depends on its state. */
export function notPlanned(wanted: Planned, state: ReplayState | undefined): Problem {
  return new Problem('replay_not_planned', {
    detail: detailOf(wanted, state),
    members: { state: state ?? 'unknown', allowed: ALLOWED[wanted] },
  });
}

function detailOf(wanted: Planned, state: ReplayState | undefined): string {
  if (state === undefined) return `It has no ${wanted} now`;
  if (TERMINAL_STATES.includes(state)) return `It has ended (${state}) without a ${wanted}, and never will have one`;
  const when = wanted === 'plan' ? 'its plan is made when it runs' : 'its report is made when its run ends';
  return `It is ${state}: ${when}`;
}
