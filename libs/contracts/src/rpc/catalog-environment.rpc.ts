import { defineRpc } from '../define.js';
import { Hash, Id, Int, JsonObject, Nested, OneOf, Text } from '../field.js';
import { IdempotencyClaim, type Page, PageQuery, TargetPin } from '../shapes/common.js';
import type { Environment } from '../shapes/organisation.js';
import type { PipelineVersion } from '../shapes/pipeline-version.js';
import type { PostureChange, PostureRecord } from '../shapes/posture.js';
import { TARGET_KINDS, type Target, type TargetHeader, type TargetKind, TargetLimits } from '../shapes/target.js';

const ENV = 'env_01h455vb4pex5vsknk084sn02q';
const PRJ = 'prj_01h455vb4pex5vsknk084sn02q';
const TGT = 'tgt_01h455vb4pex5vsknk084sn02q';
const VER = 'ver_01h455vb4pex5vsknk084sn02q';
const HASH = `sha256:${'0'.repeat(64)}`;

// Posture

export class ReadPosture {
  @Id('environment') environmentId: string;
}
export const readPosture = defineRpc<PostureRecord>()({
  service: 'catalog',
  noun: 'posture',
  verb: 'read',
  request: ReadPosture,
  sample: { environmentId: ENV },
});

export class ChangePosture {
  @Id('environment') environmentId: string;
  /** The revision that is changed; another one now: `precondition_failed`. */
  @Int({ min: 1 }) ifRevision: number;
  /** Read by the strict decoder; unknown members are `validation_failed`. */
  @JsonObject() posture: object;
}
export interface ChangedPosture extends PostureRecord {
  /** `pending`: it loosens a guarded environment and waits for another person; the posture told is the one in force. */
  state: 'applied' | 'unchanged' | 'pending';
  changeId?: string;
}
export const changePosture = defineRpc<ChangedPosture>()({
  service: 'catalog',
  noun: 'posture',
  verb: 'change',
  request: ChangePosture,
  sample: { environmentId: ENV, ifRevision: 1, posture: {} },
});

export class ListPostureChanges extends PageQuery {
  @Id('environment') environmentId: string;
}
export const listPostureChanges = defineRpc<Page<PostureChange>>()({
  service: 'catalog',
  noun: 'posture-change',
  verb: 'list',
  request: ListPostureChanges,
  sample: { environmentId: ENV },
});

export class DecidePostureChange {
  @Id('environment') environmentId: string;
  @Id('postureChange') changeId: string;
  @OneOf(['confirm', 'refuse']) decision: 'confirm' | 'refuse';
}
export const decidePostureChange = defineRpc<PostureChange>()({
  service: 'catalog',
  noun: 'posture-change',
  verb: 'decide',
  request: DecidePostureChange,
  sample: { environmentId: ENV, changeId: 'pch_01h455vb4pex5vsknk084sn02q', decision: 'confirm' },
});

// Targets

/** Names of targets: where they are made, in specs, and in a posture's capabilities. */
export const TARGET_NAME_PATTERN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export class CreateTarget {
  @Id('environment') environmentId: string;
  @Text({ pattern: TARGET_NAME_PATTERN, max: 63, like: 'ticket-server' }) name: string;
  @OneOf(TARGET_KINDS) kind: TargetKind;
  @Text({ min: 1, max: 2048 }) url: string;
  /** `{name: {value} | {secretRef}}` */
  @JsonObject({ optional: true }) headers?: Record<string, TargetHeader>;
  @Nested(() => TargetLimits, { optional: true }) limits?: TargetLimits;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const createTarget = defineRpc<Target>()({
  service: 'catalog',
  noun: 'target',
  verb: 'create',
  request: CreateTarget,
  sample: { environmentId: ENV, name: 'triage', kind: 'http', url: 'https://tickets.example.com/' },
});

export class ListTargets extends PageQuery {
  @Id('environment') environmentId: string;
}
export const listTargets = defineRpc<Page<Target>>()({
  service: 'catalog',
  noun: 'target',
  verb: 'list',
  request: ListTargets,
  sample: { environmentId: ENV },
});

export class ReadTarget {
  @Id('target') targetId: string;
}
export const readTarget = defineRpc<Target>()({
  service: 'catalog',
  noun: 'target',
  verb: 'read',
  request: ReadTarget,
  sample: { targetId: TGT },
});

export class UpdateTarget {
  @Id('target') targetId: string;
  @Int({ min: 1 }) ifRevision: number;
  @Text({ min: 1, max: 2048, optional: true }) url?: string;
  @JsonObject({ optional: true }) headers?: Record<string, TargetHeader>;
  /** Replaces all of them; `{}` lifts them. */
  @Nested(() => TargetLimits, { optional: true }) limits?: TargetLimits;
}
export const updateTarget = defineRpc<Target>()({
  service: 'catalog',
  noun: 'target',
  verb: 'update',
  request: UpdateTarget,
  sample: { targetId: TGT, ifRevision: 1, url: 'https://tickets.example.com/v2/' },
});

export class RemoveTarget {
  @Id('target') targetId: string;
}
export const removeTarget = defineRpc<{ removed: boolean }>()({
  service: 'catalog',
  noun: 'target',
  verb: 'remove',
  request: RemoveTarget,
  sample: { targetId: TGT },
});

export class PinTargets {
  @Id('environment') environmentId: string;
  @Text({ array: true, max: 63, maxItems: 256 }) names: string[];
}
/** Ids and revisions by name, without addresses: all that a dry run may know. Unknown names are absent. */
export const pinTargets = defineRpc<{ targets: (TargetPin & { kind: TargetKind })[] }>()({
  service: 'catalog',
  noun: 'target',
  verb: 'pin',
  request: PinTargets,
  sample: { environmentId: ENV, names: ['triage'] },
});

export class ResolveTargets {
  @Id('environment') environmentId: string;
  @Nested(() => TargetPin, { array: true, maxItems: 256 }) targets: TargetPin[];
}
/** Addresses of pinned targets, for the execute pool only. `target_unknown` or `target_changed` when a pin does not hold. */
export const resolveTargets = defineRpc<{ targets: Target[] }>()({
  service: 'catalog',
  noun: 'target',
  verb: 'resolve',
  request: ResolveTargets,
  sample: { environmentId: ENV, targets: [{ id: TGT, name: 'triage', revision: 1 }] },
});

// Pipeline versions

export class RegisterVersion {
  @Id('project') projectId: string;
  /** Must be the spec's own name. */
  @Text({ min: 1, max: 128 }) pipeline: string;
  @JsonObject() spec: object;
}
export const registerVersion = defineRpc<{ version: PipelineVersion; existed: boolean }>()({
  service: 'catalog',
  noun: 'version',
  verb: 'register',
  request: RegisterVersion,
  sample: { projectId: PRJ, pipeline: 'issue-triage', spec: {} },
});

export class ListVersions extends PageQuery {
  @Id('project') projectId: string;
  @Text({ max: 128, optional: true }) pipeline?: string;
  @Hash({ optional: true }) specHash?: string;
}
export const listVersions = defineRpc<Page<PipelineVersion>>()({
  service: 'catalog',
  noun: 'version',
  verb: 'list',
  request: ListVersions,
  sample: { projectId: PRJ },
});

export class FindVersions extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Hash() specHash: string;
}
/** The versions with that spec: at most one of each project. */
export const findVersions = defineRpc<Page<PipelineVersion>>()({
  service: 'catalog',
  noun: 'version',
  verb: 'find',
  request: FindVersions,
  sample: { orgId: 'org_01h455vb4pex5vsknk084sn02q', specHash: HASH },
});

export class ReadVersion {
  @Id('version') versionId: string;
}
export const readVersion = defineRpc<PipelineVersion>()({
  service: 'catalog',
  noun: 'version',
  verb: 'read',
  request: ReadVersion,
  sample: { versionId: VER },
});
export const retireVersion = defineRpc<PipelineVersion>()({
  service: 'catalog',
  noun: 'version',
  verb: 'retire',
  request: ReadVersion,
  sample: { versionId: VER },
});

// What the saga's checks read, in one request

export class ReadReplayFacts {
  @Id('environment') environmentId: string;
  @Id('agent') agentId: string;
  @Hash({ optional: true }) specHash?: string;
  @Id('version', { optional: true }) versionId?: string;
  /** Of the plan, when there is one. */
  @Nested(() => TargetPin, { array: true, maxItems: 256, optional: true }) targets?: TargetPin[];
}
export interface ReplayFacts {
  environment: Environment | null;
  agentState: 'active' | 'silent' | 'disabled' | null;
  posture: PostureRecord | null;
  /** The version that the spec hash names. */
  recordedVersion: PipelineVersion | null;
  /** The version asked for by id, where one was. */
  otherVersion: PipelineVersion | null;
  /** The targets of now, by the names asked for. */
  targets: TargetPin[];
}
export const readReplayFacts = defineRpc<ReplayFacts>()({
  service: 'catalog',
  noun: 'replay-facts',
  verb: 'read',
  request: ReadReplayFacts,
  sample: { environmentId: ENV, agentId: 'agt_01h455vb4pex5vsknk084sn02q', specHash: HASH },
});
