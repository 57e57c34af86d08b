import type { Expiry, ReplayState } from '@reenact/contracts';
import { LET_GO_ON } from './pause.js';

/** What did not happen in time, by the state that start-by found a replay in. */
const MISSED: Partial<Record<ReplayState, string>> = {
  requested: 'It was not taken up',
  checking: 'It could not be checked',
  reserving: 'Its approval could not be reserved',
  dispatching: 'No runner started it',
};

/** Why a replay expired. `held`: what the runner says kept it from the start. */
export function expiryOf(from: ReplayState, held?: string): Expiry {
  const missed = `${MISSED[from] ?? 'It was not started'} before its start-by`;
  return held === undefined
    ? { detail: `${missed}.`, remedy: 'Ask again.' }
    : { detail: `${missed}: ${held}`, remedy: `${LET_GO_ON}; then ask again.` };
}
