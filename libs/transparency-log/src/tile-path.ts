import { TILE_WIDTH, type TileId } from './tile.js';

/** What a C2SP tlog-tiles path names: a tile of hashes, or an entry bundle. `width` is 256 for a full one. */
export type TileAddress = ({ kind: 'hashes' } & TileId & { width: number }) | { kind: 'entries'; index: number; width: number };

/** Highest level of C2SP tlog-tiles: 64-bit logs need no more. */
const MAX_LEVEL = 5;

/** The path below the log's prefix: `tile/0/x001/067`, `tile/entries/000.p/5`. */
export function tilePath(address: TileAddress): string {
  const place = address.kind === 'entries' ? 'entries' : String(address.level);
  const partial = address.width === TILE_WIDTH ? '' : `.p/${address.width}`;
  return `tile/${place}/${indexPath(address.index)}${partial}`;
}

/** Reads a path as `tilePath` writes it, or undefined when it is not exactly of that form. */
export function parseTilePath(path: string): TileAddress | undefined {
  const match = /^tile\/(entries|\d)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (!match) return undefined;
  const index = Number(match[2].replaceAll(/[x/]/g, ''));
  const width = match[3] === undefined ? TILE_WIDTH : Number(match[3]);
  const address: TileAddress =
    match[1] === 'entries' ? { kind: 'entries', index, width } : { kind: 'hashes', level: Number(match[1]), index, width };
  const exact = Number.isSafeInteger(index) && width <= TILE_WIDTH && tilePath(address) === path;
  return exact && (address.kind === 'entries' || address.level <= MAX_LEVEL) ? address : undefined;
}

function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) as string[];
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/');
}
