import { Injectable } from '@nestjs/common';
import { type CallContext, type ChangeMember, memberAdded, memberRemoved, type Membership, Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { MemberStore } from '../store/member.store.js';
import { OrganisationStore } from '../store/organisation.store.js';
import { ProjectStore } from '../store/project.store.js';

@Injectable()
export class ChangeMemberHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly organisations: OrganisationStore,
    private readonly projects: ProjectStore,
    private readonly members: MemberStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  add(request: ChangeMember, context: CallContext): Promise<Membership> {
    return this.work.run(async (tx) => {
      await this.checkPlace(tx, request);
      const version = await this.members.nextVersion(tx, request.orgId, request.userId);
      const known = await this.members.find(tx, request);
      if (known) return known;
      const membership = await this.members.give(tx, request, version, this.clock.now());
      await this.say(tx, memberAdded, request, version, context);
      return membership;
    });
  }

  remove(request: ChangeMember, context: CallContext): Promise<{ removed: boolean }> {
    return this.work.run(async (tx) => {
      const version = await this.members.nextVersion(tx, request.orgId, request.userId);
      const removed = await this.members.take(tx, request, version, this.clock.now());
      if (removed) await this.say(tx, memberRemoved, request, version, context);
      return { removed };
    });
  }

  private async checkPlace(tx: Transaction, { orgId, projectId }: ChangeMember): Promise<void> {
    if (!(await this.organisations.find(tx, orgId))) throw new Problem('not_found');
    if (projectId !== undefined && (await this.projects.find(tx, projectId))?.orgId !== orgId) throw new Problem('not_found');
  }

  private async say(
    tx: Transaction,
    contract: typeof memberAdded,
    { orgId, userId, role, projectId }: ChangeMember,
    version: number,
    context: CallContext,
  ): Promise<void> {
    const place = projectId === undefined ? {} : { projectId };
    const data = { userId, role, ...place };
    await this.outbox.add(tx, context, [{ contract, data, orgId, ...place, aggregate: { id: userId, version } }]);
  }
}
