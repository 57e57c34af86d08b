import { Controller } from '@nestjs/common';
import {
  ListPostureChanges,
  listPostureChanges,
  type Page,
  type PostureChange,
  type PostureRecord,
  Problem,
  ReadPosture,
  readPosture,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { EnvironmentStore } from '../store/environment.store.js';
import { PostureChangeStore } from '../store/posture-change.store.js';

@Controller()
export class ReadPostureRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly environments: EnvironmentStore,
    private readonly changes: PostureChangeStore,
  ) {}

  @Rpc(readPosture)
  async read({ environmentId }: ReadPosture): Promise<PostureRecord> {
    const found = await this.environments.find(this.work, environmentId);
    if (!found) throw new Problem('not_found');
    return found.posture;
  }

  @Rpc(listPostureChanges)
  async listChanges(request: ListPostureChanges): Promise<Page<PostureChange>> {
    const keyset = keysetOf(request);
    const rows = await this.changes.list(this.work, request.environmentId, keyset);
    return pageOf(rows, keyset.limit, (item) => ({ key: item.id, item }));
  }
}
