import { Injectable } from '@nestjs/common';
import { Problem, type ReadTile } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { encodeEntryBundle, HASH_BYTES, parseTilePath, TILE_WIDTH, tileWidth } from '@reenact/transparency-log';
import { CheckpointStore } from '../store/checkpoint.store.js';
import { EntryStore } from '../store/entry.store.js';
import { TileStore } from '../store/tile.store.js';

/** base64 of this still fits into an answer. */
const MAX_BUNDLE_BYTES = 380 * 1024;

/** Tiles and entry bundles as C2SP tlog-tiles names them. */
@Injectable()
export class ReadTileHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly tiles: TileStore,
    private readonly entries: EntryStore,
    private readonly checkpoints: CheckpointStore,
  ) {}

  async read({ log, path }: ReadTile): Promise<{ base64: string }> {
    const address = parseTilePath(`tile/${path}`);
    if (!address) throw new Problem('not_found');
    const { size } = await this.checkpoints.newest(this.work, log);
    const level = address.kind === 'entries' ? 0 : address.level;
    if (address.width > tileWidth({ level, index: address.index }, size)) throw new Problem('not_found');
    const bytes =
      address.kind === 'entries'
        ? await this.bundle(log, address.index * TILE_WIDTH, address.width)
        : await this.hashes(log, level, address.index, address.width);
    return { base64: bytes.toString('base64') };
  }

  private async hashes(log: string, level: number, index: number, width: number): Promise<Buffer> {
    const [tile] = await this.tiles.read(this.work, log, [{ level, index }]);
    return tile.hashes.subarray(0, width * HASH_BYTES);
  }

  private async bundle(log: string, from: number, width: number): Promise<Buffer> {
    const bundle = encodeEntryBundle(await this.entries.readBytes(this.work, log, from, from + width));
    if (bundle.length > MAX_BUNDLE_BYTES)
      throw new Problem('body_too_large', { detail: 'these entries do not fit into one bundle: export them' });
    return bundle;
  }
}
