import { Controller } from '@nestjs/common';
import { type ResolvedPath, ResolvePath, resolvePath } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';
import { OrganisationStore } from '../store/organisation.store.js';
import { ProjectStore } from '../store/project.store.js';

@Controller()
export class ResolvePathRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly organisations: OrganisationStore,
    private readonly projects: ProjectStore,
    private readonly environments: EnvironmentStore,
  ) {}

  @Rpc(resolvePath)
  async resolve(request: ResolvePath): Promise<ResolvedPath> {
    const organisation = await this.organisations.find(this.work, request.organisation);
    if (!organisation) return {};
    const resolved: ResolvedPath = { orgId: organisation.id };
    if (request.project === undefined) return resolved;
    const project = await this.projects.findIn(this.work, organisation.id, request.project);
    if (!project) return resolved;
    resolved.projectId = project.id;
    if (request.environment === undefined) return resolved;
    const environment = await this.environments.findIn(this.work, project.id, request.environment);
    return environment ? { ...resolved, environmentId: environment.id } : resolved;
  }
}
