import { Controller } from '@nestjs/common';
import { ListProjects, listProjects, type Page, type Project } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { ProjectStore } from '../store/project.store.js';

@Controller()
export class ReadProjectRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly projects: ProjectStore,
  ) {}

  @Rpc(listProjects)
  async list(request: ListProjects): Promise<Page<Project>> {
    const keyset = keysetOf(request);
    const rows = await this.projects.list(this.work, request.orgId, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
