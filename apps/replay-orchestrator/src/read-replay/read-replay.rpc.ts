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
import type { Pause } from '../domain/pause.js';
import type { ReplayRecord } from '../domain/replay.js';
import { toReplay, toVerdict } from '../domain/to-replay.js';
import { ReplayStore, type StoredReplay } from '../store/replay.store.js';
import { SwitchStore } from '../store/switch.store.js';

@Controller()
export class ReadReplayRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly replays: ReplayStore,
    private readonly switches: SwitchStore,
  ) {}

  @Rpc(readReplay)
  async read({ replayId }: ReadReplay): Promise<Replay> {
    const { record, progress } = await this.found(replayId);
    return toReplay(record, progress, await this.pauseOf(record));
  }

  @Rpc(readVerdict)
  async verdict({ replayId }: ReadReplay): Promise<Verdict> {
    const { record } = await this.found(replayId);
    return toVerdict(record, await this.pauseOf(record));
  }

  @Rpc(listReplays)
  async list(filter: ListReplays): Promise<Page<Replay>> {
    const keyset = keysetOf(filter);
    const rows = await this.replays.list(this.work, filter, keyset);
    const pauses = await this.switches.pausesOf(
      this.work,
      rows.map(({ record }) => record),
    );
    return pageOf(rows, keyset.limit, ({ record, progress }) => ({
      key: record.id,
      item: toReplay(record, progress, pauses.get(record.environmentId)),
    }));
  }

  @Rpc(locateResource['replay-orchestrator'])
  async locate({ id }: LocateResource): Promise<LocatedResource> {
    const found = await this.replays.read(this.work, id);
    if (!found) return { scope: null };
    const { orgId, projectId, environmentId } = found.record;
    return { scope: { id, orgId, projectId, environmentId } };
  }

  private async found(replayId: string): Promise<StoredReplay> {
    const found = await this.replays.read(this.work, replayId);
    if (!found) throw new Problem('not_found');
    return found;
  }

  private async pauseOf(record: ReplayRecord): Promise<Pause | undefined> {
    return (await this.switches.pausesOf(this.work, [record])).get(record.environmentId);
  }
}
