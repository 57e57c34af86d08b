import type { Actor, WaitingFor } from '@reenact/contracts';
import type { ReplayRecord } from './replay.js';

/** That somebody paused the executes of an environment. */
export interface Pause {
  reason: string;
  by: Actor;
  since: string;
}

export const LET_GO_ON = 'A project admin lets the execution of the environment go on';

/** A pause holds back what the runner has been told to execute, and nothing else. */
export const mayWait = ({ mode, state }: ReplayRecord): boolean =>
  mode === 'execute' && (state === 'dispatching' || state === 'running');

/** What a replay waits for while its environment is paused. */
export function waitingFor(record: ReplayRecord, pause: Pause | undefined): WaitingFor | undefined {
  return pause && mayWait(record) ? { execution: 'paused', ...pause, remedy: `${LET_GO_ON}.` } : undefined;
}
