import type { Pool, PoolClient, QueryResult } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

export interface Statement {
  sql: string;
  params: unknown[];
}

/** What use cases get: SQL in this transaction, and what to do once it is committed. */
export interface Transaction {
  /**
   * The rows, always: also of `update ... returning`; an empty list when there are none. Statements that are asked for together
   * (`Promise.all`) travel together; they are done one after another, in the order in which they were asked for.
   */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
  /** A statement that is made once the work is done, and travels with the commit; when it fails nothing is committed. */
  beforeCommit(statement: () => Statement): void;
  /** Called once after the commit, never after a rollback. What it throws is swallowed: the work is done by then. */
  afterCommit(callback: () => void): void;
}

/** The connections of a data source: our statements go to them directly, prepared once per connection. */
export function poolOf(source: DataSource): Pool {
  return (source.driver as PostgresDriver).master as Pool;
}

/** Rows of one statement. */
export async function rowsOf<T>(client: Pool | PoolClient, sql: string, params: unknown[] = []): Promise<T[]> {
  // Without parameters it may be several statements, which cannot be prepared.
  const answer = await (params.length === 0 ? client.query(sql) : client.query({ name: nameOf(sql), text: sql, values: params }));
  return (answer as Partial<QueryResult>).rows ?? ([] as T[]);
}

/** A program has few texts; one that composes them without end has the first ones prepared only. */
const MOST_NAMES = 500;
const names = new Map<string, string>();

function nameOf(sql: string): string | undefined {
  const known = names.get(sql);
  if (known !== undefined || names.size >= MOST_NAMES) return known;
  const name = `reenact_${names.size}`;
  names.set(sql, name);
  return name;
}
