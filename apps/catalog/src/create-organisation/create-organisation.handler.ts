import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type CreateOrganisation,
  memberAdded,
  newId,
  type Organisation,
  organisationCreated,
  Problem,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { MemberStore } from '../store/member.store.js';
import { OrganisationStore } from '../store/organisation.store.js';

@Injectable()
export class CreateOrganisationHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly organisations: OrganisationStore,
    private readonly members: MemberStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(request: CreateOrganisation, context: CallContext): Promise<Organisation> {
    const { idempotency: claim } = request;
    return this.work.run((tx) => {
      const create = () => this.create(tx, request, context);
      return claim ? this.idempotency.once(tx, claim, create) : create();
    });
  }

  private async create(
    tx: Transaction,
    { slug, name, ownerId }: CreateOrganisation,
    context: CallContext,
  ): Promise<Organisation> {
    const now = this.clock.now();
    const id = newId('organisation');
    const organisation = await this.organisations.insert(tx, { id, slug, name, createdAt: now.toISOString() });
    if (!organisation) throw new Problem('slug_taken', { members: { slug } });
    const owner = { orgId: id, userId: ownerId, role: 'org_admin' as const };
    const version = await this.members.nextVersion(tx, id, ownerId);
    await this.members.give(tx, owner, version, now);
    await this.outbox.add(tx, context, [
      { contract: organisationCreated, data: { id, slug, name }, orgId: id, aggregate: { id, version: 1 } },
      { contract: memberAdded, data: { userId: ownerId, role: owner.role }, orgId: id, aggregate: { id: ownerId, version } },
    ]);
    return organisation;
  }
}
