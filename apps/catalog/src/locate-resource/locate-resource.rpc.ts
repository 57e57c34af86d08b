import { Controller } from '@nestjs/common';
import { type LocatedResource, LocateResource, locateResource } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { ResourceStore } from '../store/resource.store.js';

@Controller()
export class LocateResourceRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly resources: ResourceStore,
  ) {}

  @Rpc(locateResource.catalog)
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    return { scope: (await this.resources.scopeOf(this.work, id)) ?? null };
  }
}
