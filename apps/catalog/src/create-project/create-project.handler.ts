import { Injectable } from '@nestjs/common';
import { type CallContext, type CreateProject, newId, Problem, type Project, projectCreated } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { IdempotencyStore, type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { OrganisationStore } from '../store/organisation.store.js';
import { ProjectStore } from '../store/project.store.js';

@Injectable()
export class CreateProjectHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly organisations: OrganisationStore,
    private readonly projects: ProjectStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute(request: CreateProject, context: CallContext): Promise<Project> {
    const { idempotency: claim } = request;
    return this.work.run((tx) => {
      const create = () => this.create(tx, request, context);
      return claim ? this.idempotency.once(tx, claim, create) : create();
    });
  }

  private async create(tx: Transaction, { orgId, slug, name }: CreateProject, context: CallContext): Promise<Project> {
    if (!(await this.organisations.find(tx, orgId))) throw new Problem('not_found');
    const id = newId('project');
    const project = await this.projects.insert(tx, { id, orgId, slug, name, createdAt: this.clock.now().toISOString() });
    if (!project) throw new Problem('slug_taken', { members: { slug } });
    await this.outbox.add(tx, context, [
      { contract: projectCreated, data: { id, slug, name }, orgId, projectId: id, aggregate: { id, version: 1 } },
    ]);
    return project;
  }
}
