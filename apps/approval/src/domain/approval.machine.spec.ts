import type { RejectionCode, Selection } from '@reenact/contracts';
import { decodeApprovalPayload, encodeApprovalPayload } from '@reenact/credentials';
import { type ApprovalRecord, stateAt, type UseRecord } from './approval.js';
import {
  APPROVER,
  later,
  NOW,
  OTHER_REPLAY,
  REPLAY,
  REQUESTER,
  reserveCommand,
  SECOND,
  sampleApproval,
} from './approval.fixture.js';
import {
  decideApproval,
  expireApproval,
  releaseUse,
  reserveUse,
  revokeApproval,
  settleUse,
  withdrawApproval,
} from './approval.machine.js';
import { credentialPayload } from './credential-payload.js';

const decide = (approval: ApprovalRecord, by: string, decision: 'approve' | 'deny' = 'approve', at = NOW) =>
  decideApproval(approval, { by: { kind: 'user', id: by }, decision, reason: 'Looked at it', at }).approval;
const approved = (change: Partial<ApprovalRecord> = {}) => decide(sampleApproval(change), APPROVER);
const approvedDryRun = (change: Partial<ApprovalRecord> = {}) =>
  approved({ action: 'replay_dry_run', dryRunId: undefined, planDigest: undefined, selection: { lastN: 5 }, ...change });
const facts = ({ events }: { events: { contract: { type: string } }[] }) =>
  events.map(({ contract }) => contract.type.split('.')[3]);
const problem = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return undefined;
};

describe('approval machine', () => {
  it('decide-approval - approves with as many different people as posture asks for, and counts the ttl from the last', () => {
    const first = decide(sampleApproval({ needed: 2 }), APPROVER);
    expect(first).toMatchObject({ state: 'pending', version: 2 });
    expect(problem(() => decide(first, APPROVER))).toBe('approval_already_decided');
    const second = decide(first, SECOND, 'approve', later(60_000));
    expect(second).toMatchObject({ state: 'approved', useBy: later(60_000 + 3_600_000) });
  });

  it('decide-approval - one denial denies', () => {
    const denied = decide(decide(sampleApproval({ needed: 2 }), APPROVER), SECOND, 'deny');
    expect(denied.state).toBe('denied');
    expect(problem(() => decide(denied, 'usr_third'))).toBe('approval_not_pending');
  });

  it('decide-approval - nobody decides their own request, nor one whose time is over', () => {
    expect(problem(() => decide(sampleApproval(), REQUESTER))).toBe('self_approval');
    expect(problem(() => decide(sampleApproval(), APPROVER, 'approve', later(86_400_000)))).toBe('approval_not_pending');
  });

  it('revoke-approval - only what is approved and not over', () => {
    expect(revokeApproval(approved(), NOW, 'Not now').approval.state).toBe('revoked');
    expect(problem(() => revokeApproval(sampleApproval(), NOW, 'x'))).toBe('approval_not_approved');
    expect(problem(() => revokeApproval(approved(), later(3_600_000), 'x'))).toBe('approval_ended');
    expect(problem(() => revokeApproval({ ...approved(), state: 'used' }, NOW, 'x'))).toBe('approval_ended');
  });

  it('withdraw-approval - only its requester, only while it is pending', () => {
    expect(withdrawApproval(sampleApproval(), NOW, REQUESTER).approval.state).toBe('withdrawn');
    expect(problem(() => withdrawApproval(sampleApproval(), NOW, APPROVER))).toBe('forbidden');
    expect(problem(() => withdrawApproval(approved(), NOW, REQUESTER))).toBe('approval_not_pending');
  });

  it('expire-approvals - judges undecided and unused ones by their own clocks', () => {
    expect(stateAt(sampleApproval(), later(86_399_999))).toBe('pending');
    expect(stateAt(sampleApproval(), later(86_400_000))).toBe('expired');
    expect(stateAt(approved(), later(3_599_999))).toBe('approved');
    const expired = expireApproval(approved(), later(3_600_000));
    expect(facts(expired)).toEqual(['expired']);
    expect(expireApproval(expired.approval, later(3_600_001)).events).toEqual([]);
    expect(expireApproval({ ...approved(), state: 'used' }, later(9_999_999)).approval.state).toBe('used');
  });

  it.each<[string, ApprovalRecord, object, RejectionCode]>([
    ['a pending one', sampleApproval(), {}, 'approval_pending'],
    ['a denied one', decide(sampleApproval(), APPROVER, 'deny'), {}, 'approval_denied'],
    ['a revoked one', revokeApproval(approved(), NOW, 'x').approval, {}, 'approval_revoked'],
    ['one that is over', { ...approved(), useBy: NOW }, {}, 'approval_expired'],
    ['one used by another replay', { ...approved(), state: 'used', replayId: OTHER_REPLAY }, {}, 'approval_used'],
    ['one held by another replay', { ...approved(), replayId: OTHER_REPLAY }, {}, 'approval_used'],
    ['one that begins later', approved({ notBefore: later(1000) }), {}, 'approval_not_yet_valid'],
    ['another requester', approved(), { requesterId: APPROVER }, 'approval_requester_mismatch'],
    ['another plan', approved(), { planDigest: `sha256:${'d'.repeat(64)}` }, 'approval_scope_mismatch'],
    ['another dry run', approved(), { dryRunId: OTHER_REPLAY }, 'approval_scope_mismatch'],
    ['another plan under another posture', approved(), { dryRunId: OTHER_REPLAY, postureRevision: 2 }, 'approval_scope_mismatch'],
    ['another posture', approved(), { postureRevision: 2 }, 'posture_changed'],
    ['another act', approved(), { action: 'replay_dry_run' }, 'approval_scope_mismatch'],
    ['a dry run of other records', approvedDryRun(), { selection: { lastN: 6 } }, 'approval_scope_mismatch'],
    ['a dry run of all records', approvedDryRun(), { selection: {} }, 'approval_scope_mismatch'],
    [
      'a dry run of another version',
      approvedDryRun(),
      { selection: { lastN: 5 }, runSpecHash: `sha256:${'d'.repeat(64)}` },
      'approval_scope_mismatch',
    ],
  ])('reserve-use - refuses %s', (_what, approval, change, code) => {
    const step = reserveUse(approval, undefined, reserveCommand(approval, change), NOW);
    expect(facts(step)).toEqual(['refused']);
    expect(step.use).toMatchObject({ state: 'refused', code });
    const said = reserveUse(approval, step.use, reserveCommand(approval, change), NOW);
    expect(said).toMatchObject({ use: { state: 'refused', code }, changed: false });
  });

  it('reserve-use - a dry run takes the records that were approved, any of them where none were named', () => {
    const reserve = (approval: ApprovalRecord, selection: Selection) =>
      reserveUse(approval, undefined, reserveCommand(approval, { selection }), NOW).use.state;
    expect(reserve(approvedDryRun(), { lastN: 5 })).toBe('used');
    expect(reserve(approvedDryRun({ selection: undefined }), {})).toBe('used');
    expect(reserve(approvedDryRun({ selection: undefined }), { lastN: 5 })).toBe('used');
  });

  it('reserve-use - holds, is answered again, and is let go of', () => {
    const approval = approved();
    const held = reserveUse(approval, undefined, reserveCommand(approval), NOW);
    expect(held).toMatchObject({ approval: { state: 'approved', replayId: REPLAY }, use: { state: 'reserved' } });
    expect(facts(reserveUse(held.approval, held.use, reserveCommand(approval), NOW))).toEqual(['reserved']);
    const free = releaseUse(held.approval, held.use, REPLAY);
    expect(free).toMatchObject({ approval: { state: 'approved', replayId: undefined }, use: { state: 'released' } });
    const other = reserveUse(free.approval, undefined, reserveCommand(approval, { replayId: OTHER_REPLAY }), NOW);
    expect(other.use.state).toBe('reserved');
  });

  it('release-use - before its reserve makes the reserve refused', () => {
    const approval = approved();
    const early = releaseUse(approval, undefined, REPLAY);
    expect(early.use.state).toBe('released');
    const late = reserveUse(early.approval, early.use, reserveCommand(approval), NOW);
    expect(facts(late)).toEqual(['refused']);
    expect(late.approval.replayId).toBeUndefined();
  });

  it('settle-use - once, for the replay that holds it, and stays', () => {
    const approval = approved();
    const held = reserveUse(approval, undefined, reserveCommand(approval), NOW);
    const { answer, step } = settleUse(held.approval, held.use, later(1000));
    expect(answer).toEqual({ settled: true });
    expect(step).toMatchObject({ approval: { state: 'used', replayId: REPLAY }, use: { state: 'used' } });
    const used = step as NonNullable<typeof step>;
    expect(settleUse(used.approval, used.use, later(9_999_999))).toEqual({ answer: { settled: true } });
    expect(releaseUse(used.approval, used.use, REPLAY)).toMatchObject({ use: { state: 'used' }, events: [] });
    expect(settleUse(used.approval, undefined, NOW).answer).toEqual({ settled: false, code: 'approval_used' });
  });

  it.each<
    [
      string,
      (held: { approval: ApprovalRecord; use: UseRecord }) => [ApprovalRecord, UseRecord | undefined, string],
      RejectionCode,
    ]
  >([
    ['revoked meanwhile', ({ approval, use }) => [revokeApproval(approval, NOW, 'x').approval, use, NOW], 'approval_revoked'],
    ['over meanwhile', ({ approval, use }) => [approval, use, later(3_600_000)], 'approval_expired'],
    [
      'released meanwhile',
      ({ approval, use }) => [releaseUse(approval, use, REPLAY).approval, { ...use, state: 'released' }, NOW],
      'approval_missing',
    ],
    ['never reserved', ({ approval }) => [approval, undefined, NOW], 'approval_missing'],
  ])('settle-use - not what was %s', (_what, change, code) => {
    const approval = approved();
    const held = reserveUse(approval, undefined, reserveCommand(approval), NOW);
    expect(settleUse(...change(held))).toEqual({ answer: { settled: false, code } });
  });

  it('reserve-use - a dry run uses its approval at once', () => {
    const approval = approved({ action: 'replay_dry_run', dryRunId: undefined, planDigest: undefined });
    const step = reserveUse(approval, undefined, reserveCommand(approval), NOW);
    expect(facts(step)).toEqual(['reserved', 'settled']);
    expect(step).toMatchObject({ approval: { state: 'used' }, use: { state: 'used' } });
  });

  it('credential - is one that the strict decoder takes', () => {
    const approval = decide(decide(sampleApproval({ needed: 2 }), SECOND), APPROVER);
    const payload = credentialPayload(approval);
    expect(decodeApprovalPayload(encodeApprovalPayload(payload))).toEqual(payload);
    expect(payload.approvedBy).toEqual([APPROVER, SECOND]);
  });
});
