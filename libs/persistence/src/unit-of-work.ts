import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { poolOf, rowsOf, type Statement, type Transaction } from './transaction.js';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
/** What a statement reads has changed since it was prepared: a migration of a newer version ran. */
const PLAN_OUTDATED = '0A000';
const ATTEMPTS = 5;

/** Runs use cases, each in one transaction (read committed). */
@Injectable()
export class UnitOfWork {
  private readonly pool: Pool;

  constructor(source: DataSource) {
    this.pool = poolOf(source);
  }

  /**
   * Commits what `work` did, or nothing when it throws. Work that lost against another transaction (deadlock, serialization) runs
   * again, up to five times: it must have no effects outside of the transaction.
   */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const callbacks: (() => void)[] = [];
      try {
        const result = await this.connected((client) => inTransaction(client, callbacks, work));
        for (const callback of callbacks) quietly(callback);
        return result;
      } catch (error) {
        if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
      }
    }
  }

  /** Rows of one statement outside of any transaction. */
  async query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.connected((client) => rowsOf<T>(client, sql, params));
      } catch (error) {
        if (attempt >= ATTEMPTS || codeOf(error) !== PLAN_OUTDATED) throw error;
      }
    }
  }

  private async connected<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    // A connection that breaks says so to its statements; unheard, the event would end the process.
    client.on('error', ignore);
    let unusable = false;
    try {
      return await work(client);
    } catch (error) {
      unusable = error instanceof RollbackFailed || codeOf(error) === PLAN_OUTDATED;
      throw error instanceof RollbackFailed ? error.cause : error;
    } finally {
      client.off('error', ignore);
      client.release(unusable);
    }
  }
}

/** The connection is in no known state. */
class RollbackFailed extends Error {}

async function inTransaction<T>(
  client: PoolClient,
  callbacks: (() => void)[],
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  let open = true;
  const last: (() => Statement)[] = [];
  const query = async <R>(sql: string, params?: unknown[]): Promise<R[]> => {
    if (!open) throw new Error('the transaction has ended');
    return rowsOf<R>(client, sql, params);
  };
  try {
    // Not waited for: it travels with the first statement, whose failure tells of its own.
    client.query('begin').catch(ignore);
    const result = await work({
      query,
      beforeCommit: (statement) => last.push(statement),
      afterCommit: (callback) => callbacks.push(callback),
    });
    open = false;
    const statements = last.map((statement) => statement());
    const answers = statements.map(({ sql, params }) => rowsOf(client, sql, params));
    // Whatever failed, the commit then is none.
    const [{ command }] = await Promise.all([client.query('commit'), ...answers]);
    if (command !== 'COMMIT') throw new Error('a statement of the transaction failed, so that nothing was committed');
    return result;
  } catch (error) {
    open = false;
    await client.query('rollback').catch(() => {
      throw new RollbackFailed('the rollback failed', { cause: error });
    });
    throw error;
  }
}

const ignore = () => undefined;

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

function isConflict(error: unknown): boolean {
  const code = codeOf(error);
  return code === SERIALIZATION_FAILURE || code === DEADLOCK || code === PLAN_OUTDATED;
}

function quietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // The commit stands whatever a callback does.
  }
}
