import {
  type ApprovalDecision,
  type ApprovalState,
  type MessageDraft,
  Problem,
  type ReserveUse,
  type SettledUse,
} from '@reenact/contracts';
import { type ApprovalRecord, stateAt, type UseRecord } from './approval.js';
import { approvalEvent, useEvent } from './approval-events.js';
import { unfitness, unsettleable } from './fitness.js';

/** Which states an approval goes to from each; the rest absorb. */
export const TRANSITIONS: Partial<Record<ApprovalState, readonly ApprovalState[]>> = {
  pending: ['approved', 'denied', 'expired', 'withdrawn'],
  approved: ['used', 'expired', 'revoked'],
};

export interface ApprovalStep {
  approval: ApprovalRecord;
  events: MessageDraft[];
}

export interface UseStep extends ApprovalStep {
  use: UseRecord;
  changed: boolean;
}

function move(approval: ApprovalRecord, state: ApprovalState, change: Partial<ApprovalRecord> = {}): ApprovalRecord {
  if (state !== approval.state && !TRANSITIONS[approval.state]?.includes(state)) {
    throw new Error(`an approval does not go from ${approval.state} to ${state}`);
  }
  return { ...approval, ...change, state, version: approval.version + 1 };
}

/** One person's decision. Throws `self_approval`, `approval_not_pending` or `approval_already_decided`. */
export function decideApproval(approval: ApprovalRecord, decision: ApprovalDecision): ApprovalStep {
  const { by, at, reason } = decision;
  if (by.id === approval.requestedBy.id) throw new Problem('self_approval', { remedy: 'Another person decides' });
  const state = stateAt(approval, at);
  if (state !== 'pending') throw new Problem('approval_not_pending', { members: { state } });
  if (approval.decisions.some((earlier) => earlier.by.id === by.id)) throw new Problem('approval_already_decided');
  const decisions = [...approval.decisions, decision];
  const approvals = decisions.filter((each) => each.decision === 'approve').length;
  let decided: ApprovalRecord;
  if (decision.decision === 'deny') decided = move(approval, 'denied', { decisions });
  else if (approvals < approval.needed) decided = move(approval, 'pending', { decisions });
  else {
    const useBy = new Date(Date.parse(at) + approval.ttlMs).toISOString();
    decided = move(approval, 'approved', { decisions, approvedAt: at, useBy });
  }
  return { approval: decided, events: [approvalEvent('decided', decided, { decision: decision.decision, reason })] };
}

/** Takes an approval back, until its use is settled. Throws `approval_not_approved` or `approval_ended`. */
export function revokeApproval(approval: ApprovalRecord, at: string, reason: string): ApprovalStep {
  const state = stateAt(approval, at);
  if (state === 'pending')
    throw new Problem('approval_not_approved', { members: { state }, remedy: 'Deny it, or let its requester withdraw it' });
  if (state !== 'approved') throw new Problem('approval_ended', { members: { state } });
  const revoked = move(approval, 'revoked');
  return { approval: revoked, events: [approvalEvent('revoked', revoked, { reason })] };
}

/** The requester thinks better of it. Throws `forbidden` or `approval_not_pending`. */
export function withdrawApproval(approval: ApprovalRecord, at: string, by: string): ApprovalStep {
  if (by !== approval.requestedBy.id) throw new Problem('forbidden', { detail: 'Only its requester withdraws a request' });
  const state = stateAt(approval, at);
  if (state !== 'pending') throw new Problem('approval_not_pending', { members: { state } });
  const withdrawn = move(approval, 'withdrawn');
  return { approval: withdrawn, events: [approvalEvent('withdrawn', withdrawn)] };
}

/** Writes down that its time is over; nothing when it is not. */
export function expireApproval(approval: ApprovalRecord, at: string): ApprovalStep {
  if (approval.state === 'expired' || stateAt(approval, at) !== 'expired') return { approval, events: [] };
  const expired = move(approval, 'expired');
  return { approval: expired, events: [approvalEvent('expired', expired)] };
}

/**
 * Holds the approval for a replay. Said again, it is answered again; after a release or a refusal of the same replay it is refused. A dry run
 * performs nothing that a settle could guard, so its use is settled at once.
 */
export function reserveUse(approval: ApprovalRecord, use: UseRecord | undefined, command: ReserveUse, at: string): UseStep {
  const { approvalId, replayId } = command;
  if (use?.state === 'reserved' || use?.state === 'used') return again('reserved', approval, use);
  if (use) return again('refused', approval, { ...use, code: use.code ?? 'released' });
  const [code] = unfitness(approval, command, at, replayId);
  if (code) {
    const refused: UseRecord = { approvalId, replayId, state: 'refused', version: 1, code };
    return { approval, use: refused, events: [useEvent('refused', approval, refused)], changed: true };
  }
  const reserved: UseRecord = { approvalId, replayId, state: 'reserved', version: 1 };
  const held = { ...approval, replayId };
  const step: UseStep = { approval: held, use: reserved, events: [useEvent('reserved', held, reserved)], changed: true };
  if (approval.action !== 'replay_dry_run') return step;
  const settled = spend(held, reserved);
  return { ...settled, events: [...step.events, ...settled.events] };
}

/** Lets go of it. Before its reserve it is remembered, so that the reserve will be refused; a settled use stays used. */
export function releaseUse(approval: ApprovalRecord, use: UseRecord | undefined, replayId: string): UseStep {
  if (use?.state === 'used' || use?.state === 'refused') return { approval, use, events: [], changed: false };
  if (use?.state === 'released') return again('released', approval, use);
  const released: UseRecord = { approvalId: approval.id, replayId, state: 'released', version: (use?.version ?? 0) + 1 };
  const free = approval.replayId === replayId ? { ...approval, replayId: undefined } : approval;
  return { approval: free, use: released, events: [useEvent('released', free, released)], changed: true };
}

/** The start of the run: the approval's one use, said again for the same replay. */
export function settleUse(
  approval: ApprovalRecord,
  use: UseRecord | undefined,
  at: string,
): { answer: SettledUse; step?: UseStep } {
  if (use?.state === 'used') return { answer: { settled: true } };
  if (use?.state !== 'reserved' || approval.replayId !== use.replayId) {
    return { answer: { settled: false, code: approval.state === 'used' ? 'approval_used' : 'approval_missing' } };
  }
  const code = unsettleable(approval, at);
  return code ? { answer: { settled: false, code } } : { answer: { settled: true }, step: spend(approval, use) };
}

function spend(approval: ApprovalRecord, reserved: UseRecord): UseStep {
  const use: UseRecord = { ...reserved, state: 'used', version: reserved.version + 1 };
  const used = move(approval, 'used');
  return { approval: used, use, events: [useEvent('settled', used, use)], changed: true };
}

function again(fact: 'reserved' | 'refused' | 'released', approval: ApprovalRecord, use: UseRecord): UseStep {
  return { approval, use, events: [useEvent(fact, approval, use)], changed: false };
}
