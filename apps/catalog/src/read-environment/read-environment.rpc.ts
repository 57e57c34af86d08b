import { Controller } from '@nestjs/common';
import {
  type Environment,
  ListEnvironments,
  listEnvironments,
  type Page,
  Problem,
  ReadEnvironment,
  readEnvironment,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';

@Controller()
export class ReadEnvironmentRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
  ) {}

  @Rpc(readEnvironment)
  async read({ environmentId }: ReadEnvironment): Promise<Environment> {
    const found = await this.environments.find(this.work, environmentId);
    if (!found) throw new Problem('not_found');
    return found.environment;
  }

  @Rpc(listEnvironments)
  async list(request: ListEnvironments): Promise<Page<Environment>> {
    const keyset = keysetOf(request);
    const rows = await this.environments.list(this.work, request.projectId, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
