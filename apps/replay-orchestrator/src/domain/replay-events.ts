import {
  type MessageDraft,
  type ReplayNoted,
  type ReplayState,
  replayCancelRequested,
  replayEntered,
  replayResolved,
} from '@reenact/contracts';
import type { ReplayRecord } from './replay.js';

/** As the contract has it. */
const MAX_DETAIL = 2000;

/** The one event of a transition. */
export function enteredEvent(replay: ReplayRecord, from: ReplayState | undefined, at: string, checked: boolean): MessageDraft {
  const { requestedBy, rejection } = replay;
  const detail = endDetail(replay);
  return draft(replay, replayEntered[replay.state], {
    replayId: replay.id,
    mode: replay.mode,
    state: replay.state,
    ...(from !== undefined && { from }),
    artifactId: replay.artifactId,
    ...(replay.versionId !== undefined && { versionId: replay.versionId }),
    ...(replay.dryRunId !== undefined && { dryRunId: replay.dryRunId }),
    ...(replay.approvalId !== undefined && { approvalId: replay.approvalId }),
    ...(replay.planDigest !== undefined && { planDigest: replay.planDigest }),
    requestedBy,
    reason: replay.reason,
    ...(rejection && { codes: rejection.codes }),
    ...(detail !== undefined && { detail: detail.slice(0, MAX_DETAIL) }),
    ...(checked && { checks: replay.checks }),
    at,
  });
}

/** Why it ended so. Said once, by the event of the end, and kept erasable in the log: it may hold what people wrote. */
function endDetail({ state, rejection, failure, cancellation, expiry }: ReplayRecord): string | undefined {
  switch (state) {
    case 'rejected':
      return rejection?.detail;
    case 'failed':
    case 'indeterminate':
      return failure?.detail;
    case 'cancelled':
      return cancellation?.detail ?? cancellation?.reason;
    case 'expired':
      return expiry?.detail;
    default:
      return undefined;
  }
}

export type NoteName = 'cancel_requested' | 'resolved';

/** The event of a change that leaves the state as it is. */
export function notedEvent(replay: ReplayRecord, note: NoteName, detail: Pick<ReplayNoted, 'reason' | 'outcome'>): MessageDraft {
  const contract = note === 'resolved' ? replayResolved : replayCancelRequested;
  return draft(replay, contract, {
    replayId: replay.id,
    state: replay.state,
    ...(detail.reason !== undefined && { reason: detail.reason }),
    ...(detail.outcome !== undefined && { outcome: detail.outcome }),
  });
}

function draft<T extends object>(replay: ReplayRecord, contract: MessageDraft<T>['contract'], data: T): MessageDraft<T> {
  const { orgId, projectId, environmentId, id, version } = replay;
  return { contract, data, orgId, projectId, environmentId, aggregate: { id, version } };
}
