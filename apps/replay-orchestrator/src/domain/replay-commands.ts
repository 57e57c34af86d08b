import {
  type DryRun,
  dryRun,
  type Execute,
  execute,
  type MessageDraft,
  type RunSource,
  releaseUse,
  reserveUse,
  type Withdraw,
  withdraw,
} from '@reenact/contracts';
import type { Dispatch, ReplayRecord } from './replay.js';
import { needsApproval } from './replay-checks.js';

export type CommandName = 'reserve' | 'release' | 'dry_run' | 'execute' | 'withdraw';

/** The commands that a transition names, as a replay in its new state says them. */
export const COMMANDS: Record<CommandName, (replay: ReplayRecord) => MessageDraft[]> = {
  reserve: (replay) => [
    draft(replay, reserveUse, {
      ...use(replay),
      action: replay.mode === 'execute' ? ('replay_execute' as const) : ('replay_dry_run' as const),
      requesterId: replay.requestedBy.id,
      environmentId: replay.environmentId,
      artifactId: replay.artifactId,
      ...(replay.dryRunId !== undefined && { dryRunId: replay.dryRunId }),
      ...(resolved(replay).planDigest !== undefined && { planDigest: resolved(replay).planDigest }),
      ...(replay.mode === 'dry_run' && { selection: replay.selection, runSpecHash: resolved(replay).runSpecHash }),
      postureRevision: resolved(replay).postureRevision,
    }),
  ],
  release: (replay) => (needsApproval(replay.checks) ? [draft(replay, releaseUse, use(replay))] : []),
  dry_run: (replay) => [draft<DryRun>(replay, dryRun, runSource(replay))],
  execute: (replay) => [draft(replay, execute, executeData(replay))],
  withdraw: (replay) => [draft<Withdraw>(replay, withdraw, withdrawData(replay))],
};

/** The data of the execute command of a replay that was dispatched: the same every time, so that it can be confirmed. */
export function executeData(replay: ReplayRecord): Execute {
  const { planDigest, targets, postureRevision, credential } = resolved(replay);
  const approved = needsApproval(replay.checks);
  return {
    ...runSource(replay),
    ...(replay.dryRunId !== undefined && { dryRunId: replay.dryRunId }),
    ...(planDigest !== undefined && { planDigest }),
    targets,
    postureRevision,
    requesterId: replay.requestedBy.id,
    ...(approved && { approvalId: replay.approvalId }),
    ...(approved && credential !== undefined && { credential }),
    startBy: replay.startBy,
  };
}

function runSource(replay: ReplayRecord): RunSource {
  const { recordedVersionId, specHash, runVersionId, runSpecHash, pipeline } = resolved(replay);
  return {
    replayId: replay.id,
    artifactId: replay.artifactId,
    artifactSha256: replay.artifact.sha256,
    recordedVersionId,
    specHash,
    runVersionId,
    runSpecHash,
    pipeline,
    selection: replay.selection,
    include: replay.include,
    again: replay.again,
  };
}

function withdrawData({ id, withdrawal, mode }: ReplayRecord): Withdraw {
  return { replayId: id, reason: withdrawal ?? 'cancel', mode };
}

function resolved(replay: ReplayRecord): Dispatch {
  if (!replay.dispatch) throw new Error(`replay ${replay.id} in ${replay.state} has nothing to dispatch`);
  return replay.dispatch;
}

function use(replay: ReplayRecord): { approvalId: string; replayId: string } {
  if (replay.approvalId === undefined) throw new Error(`replay ${replay.id} names no approval`);
  return { approvalId: replay.approvalId, replayId: replay.id };
}

function draft<T extends object>(replay: ReplayRecord, contract: MessageDraft<T>['contract'], data: T): MessageDraft<T> {
  const { orgId, projectId, environmentId, id, version } = replay;
  return { contract, data, orgId, projectId, environmentId, aggregate: { id, version } };
}
