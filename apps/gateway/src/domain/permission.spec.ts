import type { Membership, Role } from '@reenact/contracts';
import { judge, type Need, ROLES_FOR, visibleProjects } from './permission.js';

const member = (role: Role, orgId = 'org_1', projectId?: string): Membership => ({
  userId: 'usr_1',
  role,
  orgId,
  projectId,
  createdAt: '',
});
const here = { id: 'x', orgId: 'org_1', projectId: 'prj_1' };

describe('permission - judge', () => {
  it('hides what the person has no role at', () => {
    for (const memberships of [[], [member('operator', 'org_2')], [member('operator', 'org_1', 'prj_2')]]) {
      expect(judge(memberships, here, 'operate')).toBe('unseen');
    }
  });

  it('forbids what may be seen and not done', () => {
    expect(judge([member('viewer')], here, 'operate')).toBe('forbidden');
    expect(judge([member('operator')], here, 'decide')).toBe('forbidden');
    expect(judge([member('org_admin')], here, 'operate')).toBe('forbidden');
  });

  it('takes an organisation role for every project, a project role for its own only', () => {
    expect(judge([member('operator')], here, 'operate')).toBe('allowed');
    expect(judge([member('operator', 'org_1', 'prj_1')], here, 'operate')).toBe('allowed');
    expect(judge([member('operator', 'org_1', 'prj_1')], { id: 'org_1', orgId: 'org_1' }, 'operate')).toBe('unseen');
  });

  it('keeps evidence from viewers and admins, and the log from all but auditors', () => {
    const roles = (need: Need) => [...ROLES_FOR[need]].sort();
    expect(roles('open_evidence')).toEqual(['approver', 'auditor', 'operator']);
    expect(roles('read_log')).toEqual(['auditor']);
    expect(roles('decide')).toEqual(['approver']);
  });
});

describe('permission - visibleProjects', () => {
  it('is everything for an organisation role, else the projects named', () => {
    expect(visibleProjects([member('viewer')], 'org_1', 'see')).toBeUndefined();
    expect(visibleProjects([member('viewer', 'org_1', 'prj_1'), member('operator', 'org_1', 'prj_1')], 'org_1', 'see')).toEqual([
      'prj_1',
    ]);
    expect(visibleProjects([member('viewer', 'org_2')], 'org_1', 'see')).toEqual([]);
  });
});
