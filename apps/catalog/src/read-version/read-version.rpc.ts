import { Controller } from '@nestjs/common';
import {
  type FindVersions,
  findVersions,
  ListVersions,
  listVersions,
  type Page,
  type PipelineVersion,
  Problem,
  ReadVersion,
  readVersion,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { VersionStore } from '../store/version.store.js';

@Controller()
export class ReadVersionRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly versions: VersionStore,
  ) {}

  @Rpc(readVersion)
  async read({ versionId }: ReadVersion): Promise<PipelineVersion> {
    const version = await this.versions.find(this.work, versionId);
    if (!version) throw new Problem('not_found');
    return version;
  }

  @Rpc(listVersions)
  async list(request: ListVersions): Promise<Page<PipelineVersion>> {
    const keyset = keysetOf(request);
    const rows = await this.versions.list(this.work, request, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }

  @Rpc(findVersions)
  async find(request: FindVersions): Promise<Page<PipelineVersion>> {
    const keyset = keysetOf(request);
    const rows = await this.versions.withSpec(this.work, request, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
