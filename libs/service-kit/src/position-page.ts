import { Problem } from '@reenact/contracts';

const DEFAULT_LIMIT = 50;

/** Reads the page query of a list whose items never move, such as the actions of a plan. Throws `invalid_query_parameter`. */
export function positionsOf({ limit = DEFAULT_LIMIT, cursor }: { limit?: number; cursor?: string }): {
  from: number;
  limit: number;
} {
  return { from: cursor === undefined ? 0 : decodePosition(cursor), limit };
}

/** The cursor of the page that begins there. */
export function encodePosition(position: number): string {
  return Buffer.from(String(position)).toString('base64url');
}

function decodePosition(cursor: string): number {
  const position = Number(Buffer.from(cursor, 'base64url').toString());
  if (Number.isSafeInteger(position) && position >= 0 && encodePosition(position) === cursor) return position;
  throw new Problem('invalid_query_parameter', { detail: 'the cursor is not one of ours', members: { parameter: 'cursor' } });
}
