import type { ApprovalState, ListApprovals } from '@reenact/contracts';
import { type Keyset, NewestFirst } from '@reenact/persistence';

/** The statement of a page of approvals, as they are at a time, by the conditions that are given. */
export function approvalPage(filter: ListApprovals, keyset: Keyset, at: string): { text: string; params: unknown[] } {
  const { state, eligibleFor } = filter;
  const list = new NewestFirst(filter.orgId, keyset)
    .narrow('project_id', filter.projectIds)
    .narrow('environment_id', filter.environmentId)
    .narrow('artifact_id', filter.artifactId)
    .narrow('dry_run_id', eligibleFor);
  const of = { table: 'approval.request', columns: 'body' };
  let parameter: string | undefined;
  // A parameter that no condition names is refused.
  const now = () => (parameter ??= list.parameter(at));
  return list.statement({
    ...of,
    ...(eligibleFor !== undefined && { where: [eligibleAt(now())] }),
    ...(state !== undefined && { branches: branchesOf(state, now) }),
  });
}

const eligibleAt = (now: string): string =>
  `state = 'approved' and due_at > ${now} and replay_id is null and (not_before is null or not_before <= ${now})`;

/** Literal, so that partial indexes fit. What is over counts as expired before it is written down. */
function branchesOf(state: ApprovalState, now: () => string): string[] {
  if (state === 'expired') return ["state = 'expired'", `state in ('pending', 'approved') and due_at <= ${now()}`];
  if (state !== 'pending' && state !== 'approved') return [`state = '${state}'`];
  return [`state = '${state}' and (due_at is null or due_at > ${now()})`];
}
