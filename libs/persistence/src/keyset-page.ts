import { type Page, Problem } from '@reenact/contracts';

const DEFAULT_LIMIT = 50;
/** Leaves room below the 512 KiB of an answer. */
const MAX_PAGE_BYTES = 384 * 1024;
/** Sorts behind every id in every collation; punctuation would sort before letters in some. Where a list that has no cursor begins. */
export const BEHIND_EVERY_KEY = 'zzzz';

/** Where a page of a keyset list, newest first, begins: `where key < before order by key desc limit <limit + 1>`. */
export interface Keyset {
  before: string;
  limit: number;
}

/** Reads a page query. Throws `invalid_query_parameter` for a cursor that no page gave. */
export function keysetOf({ limit = DEFAULT_LIMIT, cursor }: { limit?: number; cursor?: string }): Keyset {
  if (cursor === undefined) return { before: BEHIND_EVERY_KEY, limit };
  const before = Buffer.from(cursor, 'base64url').toString();
  if (encodeCursor(before) !== cursor || !/^[\x21-\x7e]{1,128}$/.test(before)) {
    throw new Problem('invalid_query_parameter', { detail: 'the cursor is not one of ours', members: { parameter: 'cursor' } });
  }
  return { before, limit };
}

/** The page that up to `limit + 1` rows make; it ends early where its JSON would grow too large for one answer. */
export function pageOf<R, T>(rows: readonly R[], limit: number, read: (row: R) => { key: string; item: T }): Page<T> {
  const items: T[] = [];
  let bytes = 0;
  let last: string | undefined;
  for (const { key, item } of rows.slice(0, limit).map(read)) {
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > MAX_PAGE_BYTES && last !== undefined) break;
    items.push(item);
    last = key;
  }
  return { items, nextCursor: last !== undefined && items.length < rows.length ? encodeCursor(last) : null };
}

function encodeCursor(key: string): string {
  return Buffer.from(key).toString('base64url');
}
