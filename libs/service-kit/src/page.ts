import { integerParameter, invalidParameter } from './read-query.js';

export const DEFAULT_LIMIT = 50;
export const MAX_LIMIT = 200;

/** The sort key of the last row of a page. */
export type CursorKey = (string | number)[];

export interface PageRequest {
  limit: number;
  /** Opaque to callers; `decodeCursor` reads it. */
  cursor?: string;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** `limit` and `cursor` of a list. Throws `invalid_query_parameter`. */
export function readPage(query: Partial<Record<'limit' | 'cursor', string>>): PageRequest {
  const limit = integerParameter(query, 'limit', { min: 1, max: MAX_LIMIT }) ?? DEFAULT_LIMIT;
  return { limit, ...(query.cursor !== undefined && { cursor: query.cursor }) };
}

/** The cursor that continues after a row with this sort key. */
export function encodeCursor(key: CursorKey): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The sort key in a cursor, of that many parts; undefined without one. Throws `invalid_query_parameter` when it is not one of ours. */
export function decodeCursor(cursor: string | undefined, parts: number): CursorKey | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key) && key.length === parts && key.every((part) => typeof part === 'string' || typeof part === 'number'))
      return key;
  } catch {
    // Falls through: not one of ours.
  }
  throw invalidParameter('cursor', 'is not one that this list gave out');
}

/** A page from rows of which one more than `limit` was asked for: that one only says that there are more. */
export function toPage<R, T>(rows: R[], limit: number, keyOf: (row: R) => CursorKey, toItem: (row: R) => T): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(toItem), nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
