import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { rootAt, signCheckpoint } from '@reenact/transparency-log';
import { LogKey } from '../log-key.js';
import { CheckpointStore } from '../store/checkpoint.store.js';
import { TileStore } from '../store/tile.store.js';

/** Signs the heads of logs that have grown. Reads only what is committed, so no checkpoint covers a leaf that is not there. */
@Injectable()
export class SignCheckpointHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly checkpoints: CheckpointStore,
    private readonly tiles: TileStore,
    private readonly key: LogKey,
  ) {}

  /** Answers how many it signed. Throws what went wrong with one log after all others have had their turn. */
  async sign(): Promise<number> {
    const grown = await this.checkpoints.unsigned(this.work);
    const failures: unknown[] = [];
    for (const { log, size } of grown) {
      try {
        await this.signOne(log, size);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return grown.length;
  }

  private async signOne(log: string, size: number): Promise<void> {
    const root = await rootAt(this.tiles.reader(this.work, log), size);
    const note = signCheckpoint({ origin: this.key.originOf(log), size, root }, this.key.signerOf(log));
    await this.work.run((tx) => this.checkpoints.insert(tx, { log, size, root, note }));
  }
}
