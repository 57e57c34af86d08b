import { type Artifact, type Execute, execute, type PlanHeader, type PostureRecord } from '@reenact/contracts';
import type { ApprovalPayload } from '@reenact/credentials';
import { defaultPosture } from '@reenact/posture';
import fc from 'fast-check';
import { type CredentialFacts, credentialFaults, evidenceFaults, planFaults, postureFaults } from './verify-bindings.js';

const id = (prefix: string, n = 0) => `${prefix}_01h455vb4pex5vsknk084sn02${'qrs'[n]}`;
const hash = (digit: string) => `sha256:${digit.repeat(64)}`;

const scope = { orgId: id('org'), projectId: id('prj'), environmentId: id('env') };
const command: Execute = {
  ...execute.sample,
  artifactSha256: hash('a'),
  specHash: hash('b'),
  runSpecHash: hash('c'),
  planDigest: hash('d'),
  approvalId: id('apr'),
};
const header = {
  artifactSha256: hash('a'),
  specHash: hash('b'),
  runSpecHash: hash('c'),
  environmentId: scope.environmentId,
  capabilities: ['http:triage'],
} as PlanHeader;
const payload: ApprovalPayload = {
  v: 1,
  approvalId: id('apr'),
  action: 'replay_execute',
  ...scope,
  environmentPosture: 'prod',
  postureRevision: command.postureRevision,
  artifactSha256: hash('a'),
  specHash: hash('b'),
  runSpecHash: hash('c'),
  planDigest: hash('d'),
  capabilities: ['http:triage'],
  requestedBy: command.requesterId,
  approvedBy: [id('usr', 1)],
  notBefore: '2026-11-23T12:00:00.000Z',
  issuedAt: '2026-11-23T12:00:00.000Z',
  expiresAt: '2026-11-23T13:00:00.000Z',
  issuedBy: 'approval',
};
const facts: CredentialFacts = { command, scope, header, planDigest: hash('d'), now: new Date('2026-11-23T12:30:00.000Z') };

describe('verify-bindings', () => {
  it('a credential that covers exactly this run has no fault', () => {
    expect(credentialFaults(payload, facts)).toEqual([]);
  });

  it.each<[string, Partial<ApprovalPayload>, string]>([
    ['another approval', { approvalId: id('apr', 1) }, 'approval_scope_mismatch'],
    ['a dry run', { action: 'replay_dry_run' }, 'approval_scope_mismatch'],
    ['another organisation', { orgId: id('org', 1) }, 'approval_scope_mismatch'],
    ['another project', { projectId: id('prj', 1) }, 'approval_scope_mismatch'],
    ['another environment', { environmentId: id('env', 1) }, 'approval_scope_mismatch'],
    ['another artifact', { artifactSha256: hash('e') }, 'approval_scope_mismatch'],
    ['another spec', { specHash: hash('e') }, 'approval_scope_mismatch'],
    ['another spec to run', { runSpecHash: hash('e') }, 'approval_scope_mismatch'],
    ['another plan', { planDigest: hash('e') }, 'plan_mismatch'],
    ['another posture', { postureRevision: 2 }, 'posture_changed'],
    ['fewer capabilities', { capabilities: [] }, 'capability_denied'],
    ['another requester', { requestedBy: id('usr', 2) }, 'approval_requester_mismatch'],
    ['a later time', { notBefore: '2026-11-23T12:31:00.000Z' }, 'approval_not_yet_valid'],
    ['a time to come', { issuedAt: '2026-11-23T12:31:00.000Z' }, 'approval_not_yet_valid'],
    ['an earlier time', { expiresAt: '2026-11-23T12:30:00.000Z' }, 'approval_expired'],
  ])('a credential for %s is refused', (_what, change, code) => {
    expect(credentialFaults({ ...payload, ...change }, facts)).toEqual([code]);
  });

  it('a plan recomputed to another digest is not covered, whatever the command says', () => {
    expect(credentialFaults(payload, { ...facts, planDigest: hash('e') })).toEqual(['plan_mismatch']);
    expect(planFaults(command, { header, planDigest: hash('e') }, scope)).toEqual(['plan_mismatch']);
    expect(planFaults({ ...command, planDigest: undefined }, { header, planDigest: hash('e') }, scope)).toEqual([]);
    expect(planFaults(command, { header: { ...header, environmentId: id('env', 1) }, planDigest: hash('d') }, scope)).toEqual([
      'plan_mismatch',
    ]);
  });

  it('a take-over looks at everything but the clocks', () => {
    const later = { ...facts, now: undefined };
    expect(credentialFaults({ ...payload, expiresAt: '2026-11-23T12:00:01.000Z' }, later)).toEqual([]);
    expect(credentialFaults({ ...payload, orgId: id('org', 1) }, later)).toEqual(['approval_scope_mismatch']);
  });

  it('changing any bound member is always a fault', () => {
    const bound = [
      'approvalId',
      'orgId',
      'projectId',
      'environmentId',
      'artifactSha256',
      'specHash',
      'runSpecHash',
      'planDigest',
    ] as const;
    fc.assert(
      fc.property(fc.constantFrom(...bound), fc.string(), (member, value) => {
        fc.pre(value !== payload[member]);
        expect(credentialFaults({ ...payload, [member]: value }, facts)).not.toEqual([]);
      }),
    );
  });

  it('evidence must be the one commanded, of this place, whole and replayable', () => {
    const artifact = { ...scope, sha256: hash('a'), state: 'stored', replayable: { ok: true } } as Artifact;
    expect(evidenceFaults(command, artifact, scope)).toEqual([]);
    expect(evidenceFaults(command, { ...artifact, sha256: hash('e') }, scope)).toEqual(['approval_scope_mismatch']);
    expect(evidenceFaults(command, { ...artifact, orgId: id('org', 1) }, scope)).toEqual(['approval_scope_mismatch']);
    expect(evidenceFaults(command, { ...artifact, state: 'quarantined' }, scope)).toEqual(['artifact_quarantined']);
    expect(evidenceFaults(command, { ...artifact, replayable: { ok: false } }, scope)).toEqual(['artifact_not_replayable']);
  });

  it('the posture must be the revision that was checked, and enough people must have approved', () => {
    const posture = defaultPosture('prod');
    const record: PostureRecord = { environmentId: scope.environmentId, revision: 1, posture, changedAt: payload.issuedAt };
    expect(postureFaults(command, record, payload)).toEqual([]);
    expect(postureFaults(command, { ...record, revision: 2 }, payload)).toEqual(['posture_changed']);
    const two = { ...record, posture: { ...posture, approval: { ...posture.approval, approvers: 2 } } };
    expect(postureFaults(command, two, payload)).toEqual(['approval_scope_mismatch']);
    expect(postureFaults(command, two, undefined)).toEqual([]);
  });
});
