import type { Membership, ResourceScope, Role } from '@reenact/contracts';

/** What a call needs, in words; the roles that give it are below. */
export type Need =
  | 'see'
  | 'open_evidence'
  | 'operate'
  | 'decide'
  | 'confirm_posture'
  | 'administer_project'
  | 'administer_organisation'
  | 'read_log'
  | 'read_story';

const ANY_ROLE: readonly Role[] = ['viewer', 'operator', 'approver', 'project_admin', 'org_admin', 'auditor'];

/** Which roles give what; the first is the one a refusal names. */
export const ROLES_FOR: Record<Need, readonly Role[]> = {
  see: ANY_ROLE,
  open_evidence: ['operator', 'approver', 'auditor'],
  operate: ['operator'],
  decide: ['approver'],
  confirm_posture: ['project_admin', 'approver', 'org_admin'],
  administer_project: ['project_admin', 'org_admin'],
  administer_organisation: ['org_admin'],
  read_log: ['auditor'],
  // The sealed entries of one replay: for those who act on it, and auditors.
  read_story: ['auditor', 'operator', 'approver'],
};

export type Verdict = 'allowed' | 'unseen' | 'forbidden';

/**
 * Whether the memberships give what a call needs at a place. A place that the person has no role at is `unseen` (404): only who may
 * see a thing learns that something is forbidden there.
 */
export function judge(memberships: readonly Membership[], scope: ResourceScope, need: Need): Verdict {
  const here = memberships.filter((membership) => membership.orgId === scope.orgId && reaches(membership, scope));
  if (here.length === 0) return 'unseen';
  return here.some((membership) => ROLES_FOR[need].includes(membership.role)) ? 'allowed' : 'forbidden';
}

/** A role in a project reaches that project's things; it also shows the organisation itself, but gives no organisation-wide role. */
function reaches(membership: Membership, scope: ResourceScope): boolean {
  return membership.projectId === undefined || membership.projectId === scope.projectId;
}

/** True when the person holds the role for a need anywhere: the most that can be said before a body names the place. */
export function holdsAnywhere(memberships: readonly Membership[], need: Need): boolean {
  return memberships.some((membership) => ROLES_FOR[need].includes(membership.role));
}

/** The projects of an organisation that a list may show; undefined means all of them. */
export function visibleProjects(memberships: readonly Membership[], orgId: string, need: Need): string[] | undefined {
  const giving = memberships.filter((membership) => membership.orgId === orgId && ROLES_FOR[need].includes(membership.role));
  if (giving.some((membership) => membership.projectId === undefined)) return undefined;
  return [...new Set(giving.flatMap((membership) => membership.projectId ?? []))];
}

/** The organisations in which the person holds any role. */
export function organisationsOf(memberships: readonly Membership[]): string[] {
  return [...new Set(memberships.map((membership) => membership.orgId))];
}
