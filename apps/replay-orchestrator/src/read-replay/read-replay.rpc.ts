import { Controller } from '@nestjs/common';
import {
  type ListReplays,
  type LocatedResource,
  type LocateResource,
  listReplays,
  locateResource,
  type Page,
  Problem,
  type ReadReplay,
  type Replay,
  readReplay,
  readVerdict,
  type Verdict,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { keysetOf, pageOf, UnitOfWork } from '@reenact/persistence';
import { toReplay, toVerdict } from '../domain/to-replay.js';
import { ReplayStore } from '../store/replay.store.js';

@Controller()
export class ReadReplayRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
  ) {}

  @Rpc(readReplay)
  async read({ replayId }: ReadReplay): Promise<Replay> {
    const found = await this.replays.read(this.work, replayId);
    if (!found) throw new Problem('not_found');
    return toReplay(found.record, found.progress);
  }

  @Rpc(readVerdict)
  async verdict({ replayId }: ReadReplay): Promise<Verdict> {
    const found = await this.replays.read(this.work, replayId);
    if (!found) throw new Problem('not_found');
    return toVerdict(found.record);
  }

  @Rpc(listReplays)
  async list(filter: ListReplays): Promise<Page<Replay>> {
    const keyset = keysetOf(filter);
    const rows = await this.replays.list(this.work, filter, keyset);
    return pageOf(rows, keyset.limit, ({ record, progress }) => ({ key: record.id, item: toReplay(record, progress) }));
  }

  @Rpc(locateResource['replay-orchestrator'])
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    const found = await this.replays.read(this.work, id);
    if (!found) return { scope: null };
    const { orgId, projectId, environmentId } = found.record;
    return { scope: { id, orgId, projectId, environmentId } };
  }
}
