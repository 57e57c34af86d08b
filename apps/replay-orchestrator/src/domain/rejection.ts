import { type Check, REJECTIONS, type Rejection, type RejectionCode } from '@reenact/contracts';

/** What asks for another plan. The first that applies says how; the others would say it again. */
const PLAN: readonly RejectionCode[] = [
  'dry_run_missing',
  'dry_run_failed',
  'dry_run_stale',
  'plan_mismatch',
  'plan_engine_unknown',
  'target_changed',
];

/** What is wrong with the approval. Likewise: who needs another one need not wait for this one. */
const APPROVE: readonly RejectionCode[] = [
  'approval_signature_invalid',
  'approval_missing',
  'approval_scope_mismatch',
  'approval_denied',
  'approval_expired',
  'approval_revoked',
  'approval_used',
  'approval_key_unknown',
  'approval_requester_mismatch',
  'approval_pending',
  'approval_not_yet_valid',
];

/** What only time or another replay changes: to be waited for when all else is as it should be. */
const WAIT: readonly RejectionCode[] = ['posture_changed', 'environment_frozen', 'environment_busy', 'start_by_passed'];

const LATER = new Set([...PLAN, ...APPROVE, ...WAIT]);

/** All that stands against a replay, in words: every title once, in the order of the codes, and what to do, in the order to do it. */
export function rejectionOf(codes: RejectionCode[], detail?: string, checks: readonly Check[] = []): Rejection {
  const unique = [...new Set(codes)];
  return {
    codes: unique,
    code: unique[0],
    detail: detail ?? `${unique.map((code) => saidOf(code, checks)).join('. ')}.`,
    remedy: `${[...new Set(stepsAfter(unique).map((code) => REJECTIONS[code].remedy))].join('. ')}.`,
  };
}

/** The codes whose remedies one would follow: the place and the evidence first, then the plan, its approval, and the right time. */
function stepsAfter(codes: RejectionCode[]): RejectionCode[] {
  const plan = PLAN.find((code) => codes.includes(code));
  const approve = APPROVE.find((code) => codes.includes(code));
  return [
    ...codes.filter((code) => !LATER.has(code)),
    ...(plan ? [plan] : []),
    ...(approve ? [plan ? approvalOfAnotherPlan(approve) : approve] : []),
    ...codes.filter((code) => WAIT.includes(code)),
  ];
}

/** Whatever is wrong with the approval at hand, another plan needs one of its own; a forged one is still to be told. */
function approvalOfAnotherPlan(code: RejectionCode): RejectionCode {
  return code === 'approval_signature_invalid' ? code : 'approval_missing';
}

/** A freeze has a reason and an end of its own, which the check of the posture has read. */
function saidOf(code: RejectionCode, checks: readonly Check[]): string {
  const frozen = checks.find(({ name }) => name === 'posture')?.evidence.frozen as { to: string; reason: string } | undefined;
  return code === 'environment_frozen' && frozen
    ? `The environment is frozen until ${frozen.to}: ${frozen.reason.replace(/\.$/, '')}`
    : REJECTIONS[code].title;
}
