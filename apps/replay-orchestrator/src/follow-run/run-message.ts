import {
  type Envelope,
  isRejectionCode,
  type ReplayProgress,
  type RunFact,
  runCancelled,
  runFailed,
  runIndeterminate,
  runRefused,
  runStarted,
  runSucceeded,
  runWithdrawn,
} from '@reenact/contracts';
import type { MessageOf, ReplayMessage } from '../domain/replay-message.js';

type Reader = (fact: RunFact, base: Omit<MessageOf<'run_started'>, 'type'>) => ReplayMessage;

const READERS: Record<string, Reader> = {
  [runStarted.type]: (_, base) => ({ type: 'run_started', ...base }),
  [runRefused.type]: ({ codes = [], detail }, base) => {
    const known = codes.filter(isRejectionCode);
    return {
      type: 'run_refused',
      ...base,
      codes: known.length > 0 ? known : ['plan_mismatch'],
      ...(detail !== undefined && { detail }),
    };
  },
  [runWithdrawn.type]: ({ codes = [], detail }, base) => ({
    type: 'run_withdrawn',
    ...base,
    cause: codes.includes('start_by') ? 'start_by' : 'cancel',
    ...(detail !== undefined && { held: detail }),
  }),
  [runSucceeded.type]: ({ planDigest }, base) => ({
    type: 'run_succeeded',
    ...base,
    ...(planDigest !== undefined && { planDigest }),
  }),
  [runFailed.type]: ({ codes = [], detail }, base) => ({
    type: 'run_failed',
    ...base,
    codes,
    ...(detail !== undefined && { detail }),
  }),
  [runCancelled.type]: ({ detail }, base) => ({ type: 'run_cancelled', ...base, ...(detail !== undefined && { detail }) }),
  [runIndeterminate.type]: ({ codes = [], detail }, base) => ({
    type: 'run_indeterminate',
    ...base,
    codes,
    ...(detail !== undefined && { detail }),
  }),
};

/** What a run's event means to its replay; undefined when it only says how far it is. */
export function runMessage({ type, time, data }: Envelope<RunFact>): ReplayMessage | undefined {
  return READERS[type]?.(data, { at: time, attempt: data.attempt, mode: data.mode });
}

/** How far the run is, when the event says it. */
export function runProgress({ data }: Envelope<RunFact>): ReplayProgress | undefined {
  const { records, recordsTotal, actionsDone, actionsTotal } = data;
  if (records === undefined && actionsDone === undefined) return undefined;
  return {
    records: records ?? 0,
    recordsTotal: recordsTotal ?? records ?? 0,
    actions: actionsDone ?? 0,
    actionsTotal: actionsTotal ?? actionsDone ?? 0,
  };
}
