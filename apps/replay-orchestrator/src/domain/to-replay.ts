import { type Check, failureRemedy, type Replay, type ReplayProgress, TERMINAL_STATES, type Verdict } from '@reenact/contracts';
import { type Pause, waitingFor } from './pause.js';
import type { ReplayRecord } from './replay.js';

/** The replay as others see it; `pause` is the one that its environment is under. */
export function toReplay(record: ReplayRecord, progress: ReplayProgress | null, pause?: Pause): Replay {
  const { version: _, artifact: _artifact, dispatch: _dispatch, withdrawal: _withdrawal, holdsSlot: _slot, ...shown } = record;
  const { otherVersionId, resolution, traceparent: _trace, ...rest } = shown;
  const versionId = record.versionId ?? otherVersionId;
  const waiting = waitingFor(record, pause);
  return {
    ...rest,
    checks: shownChecks(record, pause),
    ...(versionId !== undefined && { versionId }),
    ...(progress && { progress }),
    ...(waiting && { waitingFor: waiting }),
    ...(record.failure && { failure: shownFailure(record.failure, record) }),
    ...(resolution && { resolution: { ...resolution } }),
  };
}

/** Whatever made it indeterminate, it is resolved by looking at the target; then there is nothing more to do. */
function shownFailure(failure: NonNullable<Replay['failure']>, { state, resolution }: ReplayRecord): Replay['failure'] {
  const remedy = failureRemedy(state === 'indeterminate' ? ['action_indeterminate'] : failure.codes);
  return { ...failure, ...(remedy !== undefined && !resolution && { remedy }) };
}

/** Final once the start was decided or will not come. */
export function toVerdict(record: ReplayRecord, pause?: Pause): Verdict {
  const { id, state } = record;
  return {
    replayId: id,
    state,
    final: state === 'running' || TERMINAL_STATES.includes(state),
    checks: shownChecks(record, pause),
  };
}

/**
 * The start says what it waits for, or in vain waited for. Only here, since the checks of a record are sealed as they are, and this is what
 * people wrote.
 */
function shownChecks(record: ReplayRecord, pause: Pause | undefined): Check[] {
  return record.checks.map((check) => {
    if (check.name !== 'start') return check;
    const waiting = check.outcome === 'pending' ? waitingFor(record, pause) : undefined;
    const added = waiting ? { waitingFor: waiting } : record.expiry && { detail: record.expiry.detail };
    return added ? { ...check, evidence: { ...check.evidence, ...added } } : check;
  });
}
