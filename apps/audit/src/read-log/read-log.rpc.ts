import { Controller } from '@nestjs/common';
import {
  type ConsistencyProof,
  type InclusionProof,
  type LogQuery,
  type ProveConsistency,
  proveConsistency,
  type ProveInclusion,
  proveInclusion,
  readCheckpoint,
  type ReadTile,
  readTile,
} from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { LogKey } from '../log-key.js';
import { CheckpointStore } from '../store/checkpoint.store.js';
import { ProveLogHandler } from './prove-log.handler.js';
import { ReadTileHandler } from './read-tile.handler.js';

@Controller()
export class ReadLogRpc {
  constructor(
    private readonly work: UnitOfWork,
    private readonly checkpoints: CheckpointStore,
    private readonly key: LogKey,
    private readonly proofs: ProveLogHandler,
    private readonly tiles: ReadTileHandler,
  ) {}

  @Rpc(readCheckpoint)
  async checkpoint({ log }: LogQuery): Promise<{ note: string; size: number; verifierKey: string }> {
    const { note, size } = await this.checkpoints.newest(this.work, log);
    return { note, size, verifierKey: this.key.verifierKeyOf(log) };
  }

  @Rpc(proveInclusion)
  inclusion(request: ProveInclusion): Promise<InclusionProof> {
    return this.proofs.inclusion(request);
  }

  @Rpc(proveConsistency)
  consistency(request: ProveConsistency): Promise<ConsistencyProof> {
    return this.proofs.consistency(request);
  }

  @Rpc(readTile)
  tile(request: ReadTile): Promise<{ base64: string }> {
    return this.tiles.read(request);
  }
}
