import type { EntityManager } from 'typeorm';

/** What use cases get: the entity manager of this transaction, plain SQL, and what to do once it is committed. */
export interface Transaction {
  readonly manager: EntityManager;
  /** The rows, always: also of `update ... returning`; an empty list when there are none. */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
  /** Called once after the commit, never after a rollback. What it throws is swallowed: the work is done by then. */
  afterCommit(callback: () => void): void;
}

/** Rows of a query, on a manager that is inside of a transaction or on its own. */
export async function rowsOf<T>(manager: EntityManager, sql: string, params: unknown[] = []): Promise<T[]> {
  const runner = manager.queryRunner;
  if (runner) return ((await runner.query(sql, params, true)).records ?? []) as T[];
  const own = manager.connection.createQueryRunner();
  try {
    return ((await own.query(sql, params, true)).records ?? []) as T[];
  } finally {
    await own.release();
  }
}
