import { Injectable } from '@nestjs/common';
import {
  type ConsistencyProof,
  type InclusionProof,
  Problem,
  type ProveConsistency,
  type ProveInclusion,
} from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { consistencyProof, inclusionProof, rootAt } from '@reenact/transparency-log';
import { CheckpointStore } from '../store/checkpoint.store.js';
import { EntryStore } from '../store/entry.store.js';
import type { Queryable } from '../store/queryable.js';
import { TileStore } from '../store/tile.store.js';

const base64 = (hashes: Buffer[]) => hashes.map((hash) => hash.toString('base64'));

/** Proofs against sizes that a checkpoint covers; each reads a few tiles, however large the log is. */
@Injectable()
export class ProveLogHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly entries: EntryStore,
    private readonly checkpoints: CheckpointStore,
    private readonly tiles: TileStore,
  ) {}

  async inclusion({ log, index, size: asked }: ProveInclusion, db: Queryable = this.work): Promise<InclusionProof> {
    const size = await this.coveredSize(db, log, asked);
    if (index >= size) throw new Problem('proof_range_invalid', { detail: `a log of size ${size} has no leaf ${index}` });
    const reader = this.tiles.reader(db, log);
    const { leafHash } = await this.entries.read(db, log, index);
    const hashes = await inclusionProof(reader, index, size);
    const root = await rootAt(reader, size);
    return { index, size, leafHash, hashes: base64(hashes), rootHash: root.toString('base64') };
  }

  async consistency({ log, from, to: asked }: ProveConsistency): Promise<ConsistencyProof> {
    const to = await this.coveredSize(this.work, log, asked);
    if (from > to) throw new Problem('proof_range_invalid', { detail: `size ${from} does not come before ${to}` });
    return { from, to, hashes: base64(await consistencyProof(this.tiles.reader(this.work, log), from, to)) };
  }

  private async coveredSize(db: Queryable, log: string, asked: number | undefined): Promise<number> {
    const { size } = await this.checkpoints.newest(db, log);
    if (asked !== undefined && asked > size)
      throw new Problem('proof_range_invalid', { detail: `the newest checkpoint covers ${size} entries` });
    return asked ?? size;
  }
}
