import { HASH_BYTES, nodeHash } from './hash.js';
import type { NodeId, NodeReader } from './proof.js';

/** Tree levels that one tile spans (C2SP tlog-tiles). */
export const TILE_HEIGHT = 8;
/** Hashes in a full tile. */
export const TILE_WIDTH = 256;

/** A tile's place; its hashes are those of tree level `8 * level`, from `256 * index` on. */
export interface TileId {
  level: number;
  index: number;
}

/** A tile with its 1..256 hashes, 32 bytes each, one after the other. */
export interface Tile extends TileId {
  hashes: Buffer;
}

/** Where stored tiles come from; answers in the order asked, a tile as wide as it is by now. */
export interface TileReader {
  tiles(ids: TileId[]): Promise<Tile[]>;
}

/** Hashes in the tile when the log has `size` leaves: 0 (no such tile yet) to 256. */
export function tileWidth({ level, index }: TileId, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level);
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** The partial tiles of a log of that size, which are all that appending needs to read. */
export function edgeTiles(size: number): TileId[] {
  const ids: TileId[] = [];
  for (let level = 0, hashes = size; hashes > 0; level += 1, hashes = Math.floor(hashes / TILE_WIDTH)) {
    if (hashes % TILE_WIDTH > 0) ids.push({ level, index: Math.floor(hashes / TILE_WIDTH) });
  }
  return ids;
}

/**
 * The tiles that change when leaf hashes are appended to a log of `size` leaves, given its edge tiles (see `edgeTiles`).
 * Throws a RangeError when an edge tile is missing or is not as wide as the size says.
 */
export function appendToTiles(size: number, edge: Tile[], leafHashes: Buffer[]): Tile[] {
  const changed: Tile[] = [];
  let added = leafHashes;
  for (let level = 0, start = size; added.length > 0; level += 1, start = Math.floor(start / TILE_WIDTH)) {
    const full: Buffer[] = [];
    let hashes = edgeHashes(level, start, edge);
    let index = Math.floor(start / TILE_WIDTH);
    for (let taken = 0; taken < added.length; index += 1) {
      const room = TILE_WIDTH - hashes.length / HASH_BYTES;
      const part = added.slice(taken, taken + room);
      const tile = { level, index, hashes: Buffer.concat([hashes, ...part]) };
      changed.push(tile);
      if (part.length === room) full.push(subtreeRoot(tile.hashes));
      taken += part.length;
      hashes = Buffer.alloc(0);
    }
    added = full;
  }
  return changed;
}

function edgeHashes(level: number, start: number, edge: Tile[]): Buffer {
  const width = start % TILE_WIDTH;
  if (width === 0) return Buffer.alloc(0);
  const index = Math.floor(start / TILE_WIDTH);
  const tile = edge.find((candidate) => candidate.level === level && candidate.index === index);
  if (tile?.hashes.length !== width * HASH_BYTES) throw new RangeError(`edge tile ${level}/${index} is not ${width} hashes wide`);
  return tile.hashes;
}

/** Reads tree nodes out of tiles, each tile once per call. */
export class TileNodeReader implements NodeReader {
  constructor(private readonly tiles: TileReader) {}

  async nodes(ids: NodeId[]): Promise<Buffer[]> {
    const places = ids.map(placeOf);
    const needed = new Map(places.map(({ tile }) => [key(tile), tile]));
    const read = await this.tiles.tiles([...needed.values()]);
    const byKey = new Map(read.map((tile) => [key(tile), tile]));
    return places.map(({ tile, from, to }) => {
      const hashes = byKey.get(key(tile))?.hashes.subarray(from * HASH_BYTES, to * HASH_BYTES);
      if (hashes?.length !== (to - from) * HASH_BYTES) throw new RangeError(`tile ${key(tile)} has no hashes ${from} to ${to}`);
      return subtreeRoot(hashes);
    });
  }
}

function placeOf({ level, index }: NodeId): { tile: TileId; from: number; to: number } {
  const width = 2 ** (level % TILE_HEIGHT);
  const first = index * width;
  const tile = { level: Math.floor(level / TILE_HEIGHT), index: Math.floor(first / TILE_WIDTH) };
  const from = first % TILE_WIDTH;
  return { tile, from, to: from + width };
}

function subtreeRoot(hashes: Buffer): Buffer {
  if (hashes.length === HASH_BYTES) return hashes;
  const middle = hashes.length / 2;
  return nodeHash(subtreeRoot(hashes.subarray(0, middle)), subtreeRoot(hashes.subarray(middle)));
}

function key({ level, index }: TileId): string {
  return `${level}/${index}`;
}
