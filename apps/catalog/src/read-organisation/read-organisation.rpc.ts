import { Controller } from '@nestjs/common';
import { ListOrganisations, listOrganisations, type Organisation, type Page } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { OrganisationStore } from '../store/organisation.store.js';

@Controller()
export class ReadOrganisationRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly organisations: OrganisationStore,
  ) {}

  @Rpc(listOrganisations)
  async list(request: ListOrganisations): Promise<Page<Organisation>> {
    const keyset = keysetOf(request);
    const rows = await this.organisations.listOf(this.work, request.userId, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
