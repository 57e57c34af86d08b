import { Injectable } from '@nestjs/common';
import { addMember, listMembers, Problem, removeMember } from '@reenact/contracts';
import { atPath } from '../domain/route.js';
import type { Call } from '../http/call.js';
import { ask, type Route } from '../http/route.js';
import { UserStore } from '../store/user.store.js';

const inOrganisation = ({ scope }: Call) => ({ orgId: scope.orgId });

/** Who holds which role. Catalog keeps the roles; that a person exists is known here. */
@Injectable()
export class MemberRoutes {
  readonly routes: Route[] = [
    ask({
      method: 'GET',
      path: 'orgs/:o/members',
      summary: 'Who holds which role',
      place: atPath('see'),
      contract: listMembers,
      fixed: ['orgId'],
      given: inOrganisation,
    }),
    ask({
      method: 'POST',
      path: 'orgs/:o/members',
      summary: 'Give a person a role, in the organisation or in one project',
      place: atPath('administer_organisation'),
      contract: addMember,
      fixed: ['orgId'],
      given: async (call) => {
        await this.assertExists(call.body().userId);
        return inOrganisation(call);
      },
      status: 201,
    }),
    ask({
      method: 'DELETE',
      path: 'orgs/:o/members',
      summary: 'Take a role from a person',
      place: atPath('administer_organisation'),
      contract: removeMember,
      fixed: ['orgId'],
      given: inOrganisation,
      answer: () => ({ status: 204 }),
    }),
  ];

  constructor(private readonly users: UserStore) {}

  private async assertExists(userId: unknown): Promise<void> {
    if (typeof userId === 'string' && (await this.users.exists(userId))) return;
    throw new Problem('validation_failed', { errors: [{ path: '/userId', message: 'userId names nobody' }] });
  }
}
