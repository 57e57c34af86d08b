import { defineRpc } from '../define.js';
import { Duration, Hash, Id, Int, Labels, Nested, OneOf, Text, Time } from '../field.js';
import { type Agent, type AgentKey, HEARTBEAT_STATUSES, KEY_SCOPES, type KeyScope } from '../shapes/agent.js';
import type { ArtifactLimits } from '../shapes/organisation.js';
import { IdempotencyClaim, type Page, PageQuery } from '../shapes/common.js';

const AGT = 'agt_01h455vb4pex5vsknk084sn02q';
const ENV = 'env_01h455vb4pex5vsknk084sn02q';

export class IssueEnrolmentToken {
  @Id('environment') environmentId: string;
  /** Default PT15M, at most PT24H. */
  @Duration({ optional: true }) ttl?: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export interface IssuedEnrolmentToken {
  id: string;
  /** The secret, shown once. */
  token: string;
  expiresAt: string;
}
export const issueEnrolmentToken = defineRpc<IssuedEnrolmentToken>()({
  service: 'catalog',
  noun: 'enrolment-token',
  verb: 'issue',
  request: IssueEnrolmentToken,
  sample: { environmentId: ENV },
});

export class VerifyEnrolment {
  /** SHA-256 of the token's text. */
  @Hash() tokenHash: string;
  @Text({ min: 8, max: 128, optional: true }) nonce?: string;
}
/** Which environment a token opens, before anything is done for it. Throws the credential's problem, as the enrolment would. */
export const verifyEnrolment = defineRpc<{ environmentId: string }>()({
  service: 'catalog',
  noun: 'enrolment-token',
  verb: 'verify',
  request: VerifyEnrolment,
  sample: { tokenHash: `sha256:${'0'.repeat(64)}` },
});

export class EnrolAgent {
  /** SHA-256 of the token's text: the secret itself does not travel. */
  @Hash() tokenHash: string;
  /** The environment that the path names (id, or resolved from slugs); another than the token's is `credential_invalid`. */
  @Id('environment') environmentId: string;
  @Text({ min: 1, max: 200, optional: true }) name?: string;
  @Labels({ optional: true }) labels?: Record<string, string>;
  /** The same token and nonce again: the same agent, a fresh key. */
  @Text({ min: 8, max: 128, optional: true }) nonce?: string;
}
export interface EnrolledAgent {
  agentId: string;
  /** The secret, shown once. */
  apiKey: string;
  environmentId: string;
  /** Of the environment, if it has any of its own. */
  artifactLimits?: ArtifactLimits;
}
export const enrolAgent = defineRpc<EnrolledAgent>()({
  service: 'catalog',
  noun: 'agent',
  verb: 'enrol',
  request: EnrolAgent,
  sample: { tokenHash: `sha256:${'0'.repeat(64)}`, environmentId: ENV },
});

export class VerifyKeys {
  /** SHA-256 of each key's text. */
  @Hash({ array: true, maxItems: 500 }) keyHashes: string[];
}
export interface VerifiedKey {
  keyHash: string;
  /** `unknown` says nothing else. */
  outcome: 'valid' | 'unknown' | 'revoked' | 'expired' | 'agent_disabled';
  keyId?: string;
  agentId?: string;
  orgId?: string;
  projectId?: string;
  environmentId?: string;
  scopes?: KeyScope[];
  /** Of the environment, if it has any of its own. */
  artifactLimits?: ArtifactLimits;
}
export const verifyKeys = defineRpc<{ keys: VerifiedKey[] }>()({
  service: 'catalog',
  noun: 'key',
  verb: 'verify',
  request: VerifyKeys,
  sample: { keyHashes: [`sha256:${'0'.repeat(64)}`] },
});

export class IssueKey {
  @Id('agent') agentId: string;
  @OneOf(KEY_SCOPES, { array: true, optional: true }) scopes?: KeyScope[];
  /** With which it was asked for; it stays. */
  @Id('key', { optional: true }) callerKeyId?: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
/**
 * A further key of the agent; at most two live at once: this one and the caller's, else the one before it. A repeated request answers
 * the same key with another secret, and the one before opens nothing any more: secrets are not kept.
 */
export const issueKey = defineRpc<{ key: AgentKey; apiKey: string }>()({
  service: 'catalog',
  noun: 'key',
  verb: 'issue',
  request: IssueKey,
  sample: { agentId: AGT },
});

export class RevokeKey {
  @Id('agent') agentId: string;
  @Id('key') keyId: string;
}
export const revokeKey = defineRpc<AgentKey>()({
  service: 'catalog',
  noun: 'key',
  verb: 'revoke',
  request: RevokeKey,
  sample: { agentId: AGT, keyId: 'key_01h455vb4pex5vsknk084sn02q' },
});

export class ReadAgent {
  @Id('agent') agentId: string;
}
export const readAgent = defineRpc<Agent>()({
  service: 'catalog',
  noun: 'agent',
  verb: 'read',
  request: ReadAgent,
  sample: { agentId: AGT },
});

export class ListAgents extends PageQuery {
  @Id('environment') environmentId: string;
}
export const listAgents = defineRpc<Page<Agent>>()({
  service: 'catalog',
  noun: 'agent',
  verb: 'list',
  request: ListAgents,
  sample: { environmentId: ENV },
});

export class SetAgentState {
  @Id('agent') agentId: string;
  @OneOf(['active', 'disabled']) state: 'active' | 'disabled';
}
export const setAgentState = defineRpc<Agent>()({
  service: 'catalog',
  noun: 'agent',
  verb: 'set-state',
  request: SetAgentState,
  sample: { agentId: AGT, state: 'disabled' },
});

/** Numbers from the first to the last, both of them in it. */
export class SequenceRange {
  @Int({ min: 1 }) from: number;
  @Int({ min: 1 }) to: number;
}
export class AgentReading {
  @Id('agent') agentId: string;
  @Time() at: string;
  @Text({ min: 1, max: 128 }) bootId: string;
  @Int({ min: 1 }) sequence: number;
  @OneOf(HEARTBEAT_STATUSES) status: (typeof HEARTBEAT_STATUSES)[number];
  @Id('deployment', { optional: true }) deploymentId?: string;
  @Hash({ optional: true }) specHash?: string;
  /** Every number of this boot that arrived since the last batch; absent: only this reading's own. */
  @Nested(() => SequenceRange, { array: true, maxItems: 256, optional: true }) arrived?: SequenceRange[];
}
export class RecordReadings {
  @Nested(() => AgentReading, { array: true, maxItems: 1000 }) readings: AgentReading[];
}
/** The newest reading per agent, in batches: last seen, boot, sequence. */
export const recordReadings = defineRpc<{ recorded: number }>()({
  service: 'catalog',
  noun: 'agent',
  verb: 'record-readings',
  request: RecordReadings,
  sample: { readings: [{ agentId: AGT, at: '2026-11-23T12:00:00.000Z', bootId: 'b1', sequence: 1, status: 'ok' }] },
});

export class KeyUse {
  @Id('key') keyId: string;
  @Id('agent') agentId: string;
  @Time() at: string;
}
export class RecordKeyUses {
  @Nested(() => KeyUse, { array: true, maxItems: 1000 }) uses: KeyUse[];
}
/** When keys were used last, in batches; the newest time wins, however often and in whatever order they come. Answers how many were news. */
export const recordKeyUses = defineRpc<{ recorded: number }>()({
  service: 'catalog',
  noun: 'key',
  verb: 'record-uses',
  request: RecordKeyUses,
  sample: { uses: [{ keyId: 'key_01h455vb4pex5vsknk084sn02q', agentId: AGT, at: '2026-11-23T12:00:00.000Z' }] },
});
