import { Controller } from '@nestjs/common';
import {
  type Artifact,
  type ArtifactSource,
  isId,
  type ListArtifacts,
  type LocatedResource,
  type LocateResource,
  listArtifacts,
  locateResource,
  openArtifact,
  type Page,
  Problem,
  type ReadArtifact,
  readArtifact,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { pageOf, UnitOfWork } from '@reenact/persistence';
import { toArtifact } from '../domain/artifact-row.js';
import { ArtifactStore } from '../store/artifact.store.js';
import { blobKeyOf } from './content.handler.js';

@Controller()
export class ReadArtifactRpc {
  constructor(
    private readonly artifacts: ArtifactStore,
    private readonly work: UnitOfWork,
  ) {}

  @Rpc(readArtifact)
  async read({ artifactId }: ReadArtifact): Promise<Artifact> {
    return toArtifact(await this.artifacts.find(this.work, artifactId));
  }

  @Rpc(listArtifacts)
  async list(query: ListArtifacts): Promise<Page<Artifact>> {
    const { rows, limit } = await this.artifacts.list(this.work, query);
    return pageOf(rows, limit, (row) => ({ key: row.id, item: toArtifact(row) }));
  }

  @Rpc(openArtifact)
  async open({ artifactId }: ReadArtifact): Promise<ArtifactSource> {
    const row = await this.artifacts.find(this.work, artifactId);
    const blob = { key: blobKeyOf(row), size: row.size, sha256: row.sha256 };
    return { artifact: toArtifact(row), blob, streamId: row.stream_id ?? row.sha256 };
  }

  @Rpc(locateResource.ingest)
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    if (!isId('artifact', id)) return { scope: null };
    try {
      const { org_id: orgId, project_id: projectId, environment_id: environmentId } = await this.artifacts.find(this.work, id);
      return { scope: { id, orgId, projectId, environmentId } };
    } catch (error) {
      if (error instanceof Problem && error.code === 'not_found') return { scope: null };
      throw error;
    }
  }
}
