import type { ExecutionState } from '@reenact/contracts';

/** What is known of an environment's switch as somebody set it last. */
export interface TurnedSwitch {
  state: ExecutionState;
  reason: string;
  changed_by: string;
  /** Of those set before names were kept, there is none. */
  changed_by_name: string | null;
  changed_at: Date;
}

const DID: Record<ExecutionState, string> = { paused: 'paused', stopped: 'stopped', running: 'let go on' };

/** Who turned the switch, when and why, as a sentence for whoever asks what became of a run. */
export function toldSwitch({ state, reason, changed_by, changed_by_name, changed_at }: TurnedSwitch): string {
  const who = changed_by_name === null ? changed_by : `${changed_by_name} (${changed_by})`;
  const why = reason.trim() === '' ? '' : `: ${reason.trim()}`;
  return `${who} ${DID[state]} the execution of the environment at ${changed_at.toISOString()}${why}`;
}
