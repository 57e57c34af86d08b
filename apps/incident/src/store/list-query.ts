import type { Keyset } from '@reenact/persistence';

/**
 * The end of a query that lists an organisation's rows, newest first, one more than the limit; of the columns given those that equal
 * their value, or one of their values. An undefined value leaves its column out.
 */
export function listQuery(
  orgId: string,
  { before, limit }: Keyset,
  columns: Record<string, unknown>,
): [sql: string, parameters: unknown[]] {
  const parameters: unknown[] = [orgId, before, limit + 1];
  const filters = Object.entries(columns).flatMap(([column, value]) =>
    value === undefined ? [] : [` and ${column} = ${Array.isArray(value) ? 'any' : ''}($${parameters.push(value)})`],
  );
  return [`where org_id = $1 and id < $2${filters.join('')} order by id desc limit $3`, parameters];
}
