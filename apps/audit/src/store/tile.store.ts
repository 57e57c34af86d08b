import { Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { edgeTiles, type Tile, type TileId, TileNodeReader } from '@reenact/transparency-log';
import type { Queryable } from './queryable.js';

/** Tiles of all logs, one row each. */
@Injectable()
export class TileStore {
  /** Reads tree hashes of a log: one statement per call, one row per tile. */
  reader(db: Queryable, log: string): TileNodeReader {
    return new TileNodeReader({ tiles: (ids) => this.read(db, log, ids) });
  }

  async read(db: Queryable, log: string, ids: TileId[]): Promise<Tile[]> {
    if (ids.length === 0) return [];
    const rows = await db.query<{ level: number; tile_index: number; hashes: Buffer }>(
      'select * from audit.read_tiles($1, $2, $3)',
      [log, ids.map(({ level }) => level), ids.map(({ index }) => index)],
    );
    return rows.map(({ level, tile_index, hashes }) => ({ level, index: tile_index, hashes }));
  }

  /** The partial tiles of a log of that size. */
  async readEdge(tx: Transaction, log: string, size: number): Promise<Tile[]> {
    const edge = edgeTiles(size);
    const tiles = await this.read(tx, log, edge);
    if (tiles.length !== edge.length)
      throw new Problem('internal', { detail: `log ${log} lacks tiles of its edge at size ${size}` });
    return tiles;
  }

  async write(tx: Transaction, log: string, tiles: Tile[]): Promise<void> {
    await tx.query(
      `insert into audit.tile (log, level, tile_index, hashes)
       select $1, level, tile_index, hashes from unnest($2::smallint[], $3::bigint[], $4::bytea[]) as t(level, tile_index, hashes)
       on conflict (log, level, tile_index) do update set hashes = excluded.hashes`,
      [log, tiles.map(({ level }) => level), tiles.map(({ index }) => index), tiles.map(({ hashes }) => hashes)],
    );
  }
}
