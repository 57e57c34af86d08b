import type { Approval, Page, Replay } from '@reenact/contracts';
import type { DryRunResult } from './dry-run.act.js';
import { ended, type Play, refusalOf } from './sample-incident.js';
import { expect, type StepList } from './step-list.js';
import type { TicketServer } from './ticket-server.js';

/** Refused without approval; approved by another person; executed once. */
export async function playExecute(
  play: Play,
  steps: StepList,
  tickets: TicketServer,
  { dryRun, header, toDo }: DryRunResult,
): Promise<Replay> {
  const { operator, approver } = play;
  const wish = { artifactId: dryRun.artifactId, mode: 'execute', dryRunId: dryRun.id, reason: 'Make the missing tickets' };

  await steps.step(async () => {
    const requests = tickets.requests;
    const refused = await ended(operator, (await operator.post<Replay>('replays', wish)).id);
    expect(refused.state === 'rejected', `it is ${refused.state}`);
    expect(refused.rejection?.codes.includes('approval_missing') === true, `the codes are ${refused.rejection?.codes}`);
    expect(tickets.requests === requests, 'the ticket server was called');
    return {
      said: `Execute without approval: rejected (${refused.rejection?.code}), the ticket server saw nothing`,
      value: undefined,
    };
  }, 'Execute without approval');

  const approval = await steps.step(async () => {
    const request = { action: 'replay_execute', dryRunId: dryRun.id, ttl: 'PT1H', reason: 'The missing tickets' };
    const asked = await operator.post<Approval>('approvals', request);
    expect(asked.planDigest === dryRun.planDigest, 'the approval is for another plan');
    return { said: `Approval ${asked.id} of exactly that plan requested`, value: asked };
  }, 'Request approval');

  await steps.step(async () => {
    const decision = { decision: 'approve', reason: 'It is mine' };
    const refusal = await refusalOf(operator.post(`approvals/${approval.id}/decisions`, decision));
    expect(refusal === '403 self_approval', `deciding the own request gave ${refusal}`);
    return { said: 'The requester may not decide it (self_approval)', value: undefined };
  }, 'Decide the own request');

  await steps.step(async () => {
    const decision = { decision: 'approve', reason: 'The plan makes what is missing, no more' };
    const approved = await approver.post<Approval>(`approvals/${approval.id}/decisions`, decision);
    expect(approved.state === 'approved', `it is ${approved.state}`);
    return { said: 'Another person approves; the credential is signed', value: undefined };
  }, 'Another person decides');

  const replay = await steps.step(async () => {
    const before = tickets.tickets.length;
    const asked = await operator.post<Replay>('replays', { ...wish, approvalId: approval.id });
    const done = await ended(operator, asked.id);
    expect(
      done.state === 'succeeded',
      `it ended as ${done.state}: ${done.rejection?.codes ?? ''} ${done.rejection?.detail ?? ''}`,
    );
    const made = tickets.tickets.slice(before);
    const keys = new Set(made.map((ticket) => ticket.key));
    expect(made.length === header.actions, `${made.length} tickets were made, not ${header.actions}`);
    expect(
      keys.size === made.length && made.every(({ key }) => key !== undefined && toDo.has(key)),
      'tickets outside of the plan',
    );
    return { said: `Execute ${done.id}: the ${made.length} missing tickets made, once each, and no other`, value: done };
  }, 'Execute');

  await steps.step(async () => {
    const { items } = await operator.get<Page<{ state: string }>>(`replays/${replay.id}/actions?limit=200`);
    const done = items.filter((action) => action.state === 'done').length;
    const settled = items.every((action) => action.state === 'done' || action.state === 'already_done');
    expect(settled && done === header.actions, `the ledger says ${done} of ${header.actions} done`);
    return { said: `The effect ledger holds ${done} done actions`, value: undefined };
  }, 'Read the effect ledger');

  await steps.step(async () => {
    const requests = tickets.requests;
    const again = await ended(operator, (await operator.post<Replay>('replays', { ...wish, approvalId: approval.id })).id);
    expect(again.state === 'rejected', `it is ${again.state}`);
    expect(again.rejection?.codes.includes('approval_used') === true, `the codes are ${again.rejection?.codes}`);
    expect(tickets.requests === requests, 'the ticket server was called');
    return { said: 'The approval is used up: a second execute is rejected (approval_used)', value: undefined };
  }, 'Use the approval again');

  return replay;
}
