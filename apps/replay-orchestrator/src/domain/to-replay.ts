import type { Replay, ReplayProgress, Verdict } from '@reenact/contracts';
import { TERMINAL_STATES } from '@reenact/contracts';
import type { ReplayRecord } from './replay.js';

/** The replay as others see it. */
export function toReplay(record: ReplayRecord, progress: ReplayProgress | null): Replay {
  const { version: _, artifact: _artifact, dispatch: _dispatch, withdrawal: _withdrawal, holdsSlot: _slot, ...shown } = record;
  const { otherVersionId, resolution, traceparent: _trace, ...rest } = shown;
  const versionId = record.versionId ?? otherVersionId;
  return {
    ...rest,
    ...(versionId !== undefined && { versionId }),
    ...(progress && { progress }),
    ...(resolution && { resolution: { ...resolution } }),
  };
}

/** Final once the start was decided or will not come. */
export function toVerdict({ id, state, checks }: ReplayRecord): Verdict {
  return { replayId: id, state, final: state === 'running' || TERMINAL_STATES.includes(state), checks };
}
