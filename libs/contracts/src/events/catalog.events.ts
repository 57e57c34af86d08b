import { defineEvent } from '../define.js';
import { Id, Int, JsonObject, Nested, OneOf, Text, Time } from '../field.js';
import { ArtifactLimits, ROLES, type Role, TIERS, type Tier } from '../shapes/organisation.js';

const ORG = 'org_01h455vb4pex5vsknk084sn02q';
const ENV = 'env_01h455vb4pex5vsknk084sn02q';
const AGT = 'agt_01h455vb4pex5vsknk084sn02q';
const KEY = 'key_01h455vb4pex5vsknk084sn02q';

export class NamedThing {
  @Text({ max: 64 }) id: string;
  @Text({ max: 63 }) slug: string;
  @Text({ max: 200 }) name: string;
}

export const organisationCreated = defineEvent({
  service: 'catalog',
  noun: 'organisation',
  fact: 'created',
  payload: NamedThing,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: { id: ORG, slug: 'acme', name: 'Acme' },
});

export const projectCreated = defineEvent({
  service: 'catalog',
  noun: 'project',
  fact: 'created',
  payload: NamedThing,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: { id: 'prj_01h455vb4pex5vsknk084sn02q', slug: 'webhooks', name: 'Webhooks' },
});

export class EnvironmentFact extends NamedThing {
  @OneOf(TIERS) tier: Tier;
}
const environmentSample: EnvironmentFact = { id: ENV, slug: 'prod', name: 'Production', tier: 'prod' };
export const environmentCreated = defineEvent({
  service: 'catalog',
  noun: 'environment',
  fact: 'created',
  payload: EnvironmentFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: environmentSample,
});
export const environmentArchived = defineEvent({
  service: 'catalog',
  noun: 'environment',
  fact: 'archived',
  payload: EnvironmentFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: environmentSample,
});

export class EnvironmentLimited {
  @Id('environment') id: string;
  /** All of them; empty: the defaults. */
  @Nested(() => ArtifactLimits) artifactLimits: ArtifactLimits;
}
export const environmentLimited = defineEvent({
  service: 'catalog',
  noun: 'environment',
  fact: 'limited',
  payload: EnvironmentLimited,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: { id: ENV, artifactLimits: { maxBytes: 1_048_576 } },
});

export class MemberFact {
  @Id('user') userId: string;
  @OneOf(ROLES) role: Role;
  @Id('project', { optional: true }) projectId?: string;
}
const memberSample: MemberFact = { userId: 'usr_01h455vb4pex5vsknk084sn02q', role: 'operator' };
export const memberAdded = defineEvent({
  service: 'catalog',
  noun: 'member',
  fact: 'added',
  payload: MemberFact,
  audit: { category: 'access', outcome: 'succeeded' },
  sample: memberSample,
});
export const memberRemoved = defineEvent({
  service: 'catalog',
  noun: 'member',
  fact: 'removed',
  payload: MemberFact,
  audit: { category: 'access', outcome: 'succeeded' },
  sample: memberSample,
});

export class EnrolmentTokenIssued {
  @Id('enrolment') id: string;
  @Time() expiresAt: string;
}
export const enrolmentTokenIssued = defineEvent({
  service: 'catalog',
  noun: 'enrolment-token',
  fact: 'issued',
  payload: EnrolmentTokenIssued,
  audit: { category: 'agent', type: 'enrolment_token.issued', outcome: 'succeeded' },
  sample: { id: 'enr_01h455vb4pex5vsknk084sn02q', expiresAt: '2026-11-23T12:00:00.000Z' },
});

export class AgentFact {
  @Id('agent') agentId: string;
  @Text({ max: 200 }) name: string;
  @OneOf(['active', 'silent', 'disabled']) state: 'active' | 'silent' | 'disabled';
}
const agentSample: AgentFact = { agentId: AGT, name: 'triage-1', state: 'active' };
export const agentEnrolled = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'enrolled',
  payload: AgentFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: agentSample,
});
export const agentDisabled = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'disabled',
  payload: AgentFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: { ...agentSample, state: 'disabled' },
});
export const agentEnabled = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'enabled',
  payload: AgentFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: agentSample,
});

export class AgentHeardFact extends AgentFact {
  /** By the server's clock. */
  @Time() lastHeartbeatAt: string;
}
const heardSample: AgentHeardFact = { ...agentSample, state: 'silent', lastHeartbeatAt: '2026-11-23T12:00:00.000Z' };
/** No heartbeat came for too long. */
export const agentSilent = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'silent',
  payload: AgentHeardFact,
  audit: { category: 'agent', outcome: 'failed' },
  sample: heardSample,
});
/** A silent agent is heard again. */
export const agentReturned = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'returned',
  payload: AgentHeardFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: { ...heardSample, state: 'active' },
});

export const SEQUENCE_KINDS = ['heartbeat', 'upload'] as const;
export type SequenceKind = (typeof SEQUENCE_KINDS)[number];

export class AgentSequenceGap {
  @Id('agent') agentId: string;
  @OneOf(SEQUENCE_KINDS) kind: SequenceKind;
  @Text({ min: 1, max: 128 }) bootId: string;
  /** The first and the last number that did not arrive. */
  @Int({ min: 1 }) from: number;
  @Int({ min: 1 }) to: number;
}
/** Numbers of one boot that did not arrive while later ones did. */
export const agentSequenceGap = defineEvent({
  service: 'catalog',
  noun: 'agent',
  fact: 'sequence-gap',
  payload: AgentSequenceGap,
  audit: { category: 'agent', type: 'agent.sequence_gap', outcome: 'failed' },
  sample: { agentId: AGT, kind: 'upload', bootId: 'b1', from: 4, to: 6 },
});

export class KeyFact {
  @Id('key') keyId: string;
  @Id('agent') agentId: string;
}
const keySample: KeyFact = { keyId: KEY, agentId: AGT };
export const keyIssued = defineEvent({
  service: 'catalog',
  noun: 'key',
  fact: 'issued',
  payload: KeyFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: keySample,
});
export const keyRevoked = defineEvent({
  service: 'catalog',
  noun: 'key',
  fact: 'revoked',
  payload: KeyFact,
  audit: { category: 'agent', outcome: 'succeeded' },
  sample: keySample,
});

export class VersionFact {
  @Id('version') versionId: string;
  @Text({ max: 128 }) pipeline: string;
  @Text({ max: 71 }) specHash: string;
}
const versionSample: VersionFact = {
  versionId: 'ver_01h455vb4pex5vsknk084sn02q',
  pipeline: 'issue-triage',
  specHash: `sha256:${'0'.repeat(64)}`,
};
export const versionRegistered = defineEvent({
  service: 'catalog',
  noun: 'version',
  fact: 'registered',
  payload: VersionFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: versionSample,
});
export const versionRetired = defineEvent({
  service: 'catalog',
  noun: 'version',
  fact: 'retired',
  payload: VersionFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: versionSample,
});

export class TargetFact {
  @Id('target') targetId: string;
  @Text({ max: 63 }) name: string;
  @Int({ min: 1 }) revision: number;
}
const targetSample: TargetFact = { targetId: 'tgt_01h455vb4pex5vsknk084sn02q', name: 'triage', revision: 1 };
export const targetCreated = defineEvent({
  service: 'catalog',
  noun: 'target',
  fact: 'created',
  payload: TargetFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: targetSample,
});
export const targetChanged = defineEvent({
  service: 'catalog',
  noun: 'target',
  fact: 'changed',
  payload: TargetFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: targetSample,
});
export const targetRemoved = defineEvent({
  service: 'catalog',
  noun: 'target',
  fact: 'removed',
  payload: TargetFact,
  audit: { category: 'catalog', outcome: 'succeeded' },
  sample: targetSample,
});

const FREEZE = { from: '2026-12-24T00:00:00.000Z', to: '2026-12-27T00:00:00.000Z', reason: 'Stock-taking' };

export class PostureChanged {
  @Int({ min: 1 }) revision: number;
  @JsonObject() before: object;
  @JsonObject() after: object;
}
export const postureChanged = defineEvent({
  service: 'catalog',
  noun: 'posture',
  fact: 'changed',
  payload: PostureChanged,
  audit: { category: 'posture', outcome: 'succeeded', personal: ['before.freezes.*.reason', 'after.freezes.*.reason'] },
  sample: { revision: 2, before: {}, after: { freezes: [FREEZE] } },
});

export class PostureChangeFact {
  @Id('postureChange') changeId: string;
  @OneOf(['pending', 'confirmed', 'refused', 'superseded']) state: 'pending' | 'confirmed' | 'refused' | 'superseded';
  @Int({ min: 1 }) baseRevision: number;
  @JsonObject() posture: object;
}
const changeSample: PostureChangeFact = {
  changeId: 'pch_01h455vb4pex5vsknk084sn02q',
  state: 'pending',
  baseRevision: 1,
  posture: { freezes: [FREEZE] },
};
export const postureChangeRequested = defineEvent({
  service: 'catalog',
  noun: 'posture-change',
  fact: 'requested',
  payload: PostureChangeFact,
  audit: { category: 'posture', type: 'posture_change.requested', outcome: 'succeeded', personal: ['posture.freezes.*.reason'] },
  sample: changeSample,
});
export const postureChangeDecided = defineEvent({
  service: 'catalog',
  noun: 'posture-change',
  fact: 'decided',
  payload: PostureChangeFact,
  audit: { category: 'posture', type: 'posture_change.decided', outcome: 'succeeded', personal: ['posture.freezes.*.reason'] },
  sample: { ...changeSample, state: 'confirmed' },
});
