import {
  type Check,
  type Decision,
  durationMs,
  type PipelineVersion,
  type RejectionCode,
  type TargetPin,
} from '@reenact/contracts';
import { decide, deniesExecute, type PostureDecision } from '@reenact/posture';
import { type Judgement, judged, notEvaluated, notNeeded, toCheck } from './judgement.js';
import { type PlannedEffects, plannedEffects } from './planned-effects.js';
import type { Readings } from './readings.js';
import type { Dispatch, ReplayRecord } from './replay.js';
import { READ_CHECKS } from './replay-checks.js';

export interface Evaluation {
  checks: Check[];
  /** All that stands against it, in the order of the checks. */
  codes: RejectionCode[];
  /** Absent when anything stands against it. */
  dispatch?: Dispatch;
}

/** What every check looks at. */
interface Case {
  replay: ReplayRecord;
  readings: Readings;
  /** The version to run. */
  version: PipelineVersion | undefined;
  otherVersion: boolean;
  effects: PlannedEffects | undefined;
  posture: PostureDecision | undefined;
  approvalNeeded: boolean;
}

const JUDGES: Record<(typeof READ_CHECKS)[number], (it: Case) => Judgement> = {
  environment: judgeEnvironment,
  posture: judgePosture,
  version: judgeVersion,
  capabilities: judgeCapabilities,
  dry_run: judgeDryRun,
  approval: judgeApproval,
};

/** Judges everything that was read, whatever fails first: an operator can fix all of it in one go. */
export function evaluateChecks(replay: ReplayRecord, readings: Readings): Evaluation {
  const it = caseOf(replay, readings);
  const judgements = READ_CHECKS.map((name) => ({ name, judgement: JUDGES[name](it) }));
  const codes = [...new Set(judgements.flatMap(({ judgement }) => judgement.codes))];
  return {
    checks: judgements.map(({ name, judgement }) => toCheck(name, judgement, readings.at)),
    codes,
    ...(codes.length === 0 && { dispatch: dispatchOf(it) }),
  };
}

/** Whether posture asks for an approval of this replay, as far as that can be said. */
export function asksApproval(replay: ReplayRecord, readings: Readings): boolean {
  return caseOf(replay, readings).approvalNeeded;
}

function caseOf(replay: ReplayRecord, readings: Readings): Case {
  const { facts } = readings;
  const otherVersion = replay.otherVersionId !== undefined && replay.otherVersionId !== facts.recordedVersion?.id;
  const version = (otherVersion ? facts.otherVersion : facts.recordedVersion) ?? undefined;
  const effects = replay.mode === 'execute' ? plannedEffects(replay, readings, version) : undefined;
  const record = facts.posture?.posture;
  const ask = {
    mode: replay.mode,
    otherVersion,
    capabilities: effects?.capabilities ?? [],
    now: new Date(readings.at),
  };
  const posture = record && decide({ posture: record, ...ask });
  // A freeze ends; what else is missing is said now.
  const approvalNeeded = record !== undefined && decide({ posture: { ...record, freezes: [] }, ...ask }).needsApproval;
  return { replay, readings, version, otherVersion, effects, posture, approvalNeeded };
}

function judgeEnvironment({ replay, readings: { facts } }: Case): Judgement {
  const { environment, agentState, posture } = facts;
  const codes: RejectionCode[] = [];
  if (environment?.state !== 'active' || !posture || agentState === null) codes.push('environment_unresolved');
  if (agentState === 'disabled') codes.push('agent_disabled');
  return judged(codes, {
    environmentId: replay.environmentId,
    ...(environment && { tier: environment.tier, environmentState: environment.state }),
    agentId: replay.artifact.agentId,
    agentState,
  });
}

function judgePosture({ replay, readings: { facts }, posture }: Case): Judgement {
  if (!posture) return notEvaluated({ environmentId: replay.environmentId });
  const own: RejectionCode[] = ['environment_frozen', 'posture_denies_execute', 'posture_denies_dry_run'];
  return judged(
    posture.codes.filter((code) => own.includes(code)),
    {
      postureRevision: facts.posture?.revision,
      mode: replay.mode,
      decision: posture.decision,
      ...(posture.frozen && { frozen: posture.frozen }),
    },
  );
}

function judgeVersion({ replay, readings: { facts }, version, otherVersion, posture }: Case): Judgement {
  const { artifact } = replay;
  const recorded = facts.recordedVersion;
  const codes: RejectionCode[] = [];
  if (artifact.state === 'quarantined') codes.push('artifact_quarantined');
  else if (!artifact.replayable.ok) codes.push(artifact.replayable.code ?? 'artifact_not_replayable');
  if (artifact.specHash === undefined) codes.push('spec_hash_missing');
  else if (!recorded) codes.push('spec_hash_unresolved');
  if (otherVersion && (!version || (recorded && !samePipeline(version, recorded)))) codes.push('version_other_pipeline');
  if (version?.state === 'retired') codes.push('version_retired');
  if (posture?.codes.includes('version_override_denied')) codes.push('version_override_denied');
  return judged([...new Set(codes)], {
    artifactId: replay.artifactId,
    artifactSha256: artifact.sha256,
    specHash: artifact.specHash ?? null,
    recordedVersionId: recorded?.id ?? null,
    ...(otherVersion && { otherVersionId: replay.otherVersionId, runSpecHash: version?.specHash ?? null }),
  });
}

const samePipeline = (a: PipelineVersion, b: PipelineVersion): boolean =>
  a.pipeline === b.pipeline && a.projectId === b.projectId;

function judgeCapabilities({ replay, readings, version, effects, posture }: Case): Judgement {
  if (replay.mode === 'dry_run') return notNeeded();
  if (!effects) return version && replay.dryRunId === undefined ? judged(['artifact_not_replayable'], {}) : notEvaluated();
  if (!posture) return notEvaluated({ capabilities: effects.capabilities });
  const codes: RejectionCode[] = posture.codes.includes('capability_denied') ? ['capability_denied'] : [];
  const now = effects.source === 'plan' ? readings.facts.targets : (readings.pins ?? []);
  for (const target of effects.targets) {
    const found = now.find(({ name }) => name === target.name);
    if (!found || !('id' in target)) codes.push('target_unknown');
    else if (found.id !== target.id || found.revision !== target.revision) codes.push('target_changed');
  }
  // What a plan pins was of the right kind when it was made, and stays it.
  if (effects.source === 'spec' && effects.capabilities.some((capability) => isOfOtherKind(capability, readings.pins)))
    codes.push('target_unknown');
  return judged([...new Set(codes)], {
    source: effects.source,
    capabilities: posture.capabilities,
    targets: effects.targets,
    targetsNow: now.map(({ id, name, revision }) => ({ id, name, revision })),
  });
}

function isOfOtherKind(capability: string, pins: Readings['pins'] = []): boolean {
  return pins.some(({ name, kind }) => capability.endsWith(`:${name}`) && capability !== `${kind}:${name}`);
}

function judgeDryRun(it: Case): Judgement {
  const { replay, readings, posture } = it;
  if (replay.mode === 'dry_run') return notNeeded();
  const required = posture?.needsDryRun ?? false;
  if (replay.dryRunId === undefined) return required ? judged(['dry_run_missing'], { required }) : notNeeded({ required });
  const { dryRun } = readings;
  const evidence = { required, dryRunId: replay.dryRunId };
  // Who names something is taken at their word, whether posture asks for it or not.
  if (!dryRun) return judged(['dry_run_missing'], evidence);
  const codes: RejectionCode[] = [];
  const redecided = redecidedCapabilities(it);
  if (dryRun.state !== 'succeeded' || !dryRun.header || dryRun.planDigest === undefined) codes.push('dry_run_failed');
  else if (dryRun.header.v !== 1 || dryRun.header.engine !== 1) codes.push('plan_engine_unknown');
  else if (!samePlan(it) || redecided.length > 0) codes.push('plan_mismatch');
  const maxAge = readings.facts.posture?.posture.dryRunMaxAge;
  if (
    maxAge !== undefined &&
    dryRun.endedAt !== undefined &&
    Date.parse(readings.at) - Date.parse(dryRun.endedAt) > durationMs(maxAge)
  ) {
    codes.push('dry_run_stale');
  }
  const { state, planDigest = null, endedAt = null, artifactSha256 } = dryRun;
  return judged(codes, {
    ...evidence,
    state,
    planDigest,
    endedAt,
    artifactSha256,
    maxAge,
    ...(redecided.length > 0 && { redecided }),
  });
}

/**
 * What the posture says otherwise than it did at the dry run: made now, the plan would have another digest, whoever approved it.
 * What it denies has checks of its own.
 */
function redecidedCapabilities({
  readings: { dryRun },
  posture,
}: Case): { capability: string; planned: Decision; now: Decision }[] {
  return (posture?.capabilities ?? []).flatMap(({ capability, decision: now }) => {
    const planned = dryRun?.decisions?.[capability];
    return planned === undefined || planned === now || deniesExecute(now) ? [] : [{ capability, planned, now }];
  });
}

/** The dry run planned over the same bytes with the same versions; unresolved versions are said by their own check. */
function samePlan({ replay, readings: { dryRun, facts }, version }: Case): boolean {
  const header = dryRun?.header;
  return (
    header !== undefined &&
    dryRun?.artifactId === replay.artifactId &&
    header.environmentId === replay.environmentId &&
    header.artifactSha256 === replay.artifact.sha256 &&
    (!facts.recordedVersion || header.specHash === facts.recordedVersion.specHash) &&
    (!version || header.runSpecHash === version.specHash)
  );
}

function judgeApproval({ replay, readings, posture, approvalNeeded }: Case): Judgement {
  const { approvalId } = replay;
  const evidence = { required: approvalNeeded, ...(approvalId !== undefined && { approvalId }) };
  if (!posture) return notEvaluated(evidence);
  if (!approvalNeeded) return notNeeded(evidence);
  if (approvalId === undefined) return judged(['approval_missing'], evidence);
  if (!readings.approval) return notEvaluated(evidence);
  const { approval, codes } = readings.approval;
  if (!approval) return judged(codes.length > 0 ? codes : ['approval_missing'], evidence);
  const { state, postureRevision, planDigest = null, useBy = null, decisions } = approval;
  return judged(codes, { ...evidence, state, postureRevision, planDigest, useBy, decidedBy: decisions.map(({ by }) => by.id) });
}

function dispatchOf({ replay, readings, version, effects }: Case): Dispatch {
  const { facts, dryRun, credential } = readings;
  const { recordedVersion, posture } = facts;
  if (!version || !recordedVersion || !posture) throw new Error(`the checks of ${replay.id} passed without version or posture`);
  return {
    recordedVersionId: recordedVersion.id,
    specHash: recordedVersion.specHash,
    runVersionId: version.id,
    runSpecHash: version.specHash,
    pipeline: version.pipeline,
    ...(replay.mode === 'execute' && dryRun?.planDigest !== undefined && { planDigest: dryRun.planDigest }),
    targets: (effects?.targets ?? []).flatMap((target) => ('id' in target ? [pin(target)] : [])),
    postureRevision: posture.revision,
    slots: posture.posture.maxConcurrentExecutes,
    ...(credential && { credential }),
  };
}

const pin = ({ id, name, revision }: TargetPin): TargetPin => ({ id, name, revision });
