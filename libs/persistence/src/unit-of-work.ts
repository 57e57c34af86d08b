import { Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { Batches, type Outcome, togetherOrAlone } from './batches.js';
import { poolOf, rowsOf, type Statement, type Transaction } from './transaction.js';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
/** What a statement reads has changed since it was prepared: a migration of a newer version ran. */
const PLAN_OUTDATED = '0A000';
const ATTEMPTS = 5;
/** Works in one shared transaction at most. One at a time: what comes meanwhile gathers, and none waits for the row locks of another. */
const SHARED = { max: 64, atOnce: 1, keyOf: ({ key }: Work) => key };

interface Work {
  key: string;
  do(tx: Transaction): Promise<unknown>;
}

/** Runs use cases, each in one transaction (read committed). */
@Injectable()
export class UnitOfWork {
  private readonly pool: Pool;
  private readonly shared = new Batches<Work, Outcome<unknown>>(
    (works) => togetherOrAlone(works, (some) => this.runShared(some)),
    SHARED,
  );

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

  /**
   * As `run`, in one transaction with others that ask at the same time: their statements travel together and one commit serves all. For
   * short work that waits for nothing but its own statements. `key` names what it changes: row locks keep nobody apart within one
   * transaction, so works of the same key never share one. When one of them throws nothing of any is committed, and each runs again in
   * a transaction of its own, so that nobody fails for a neighbour.
   */
  async together<T>(key: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    const outcome = await this.shared.run({ key, do: work });
    return outcome() as T;
  }

  /** As `run`, for what may be forgotten when the database crashes: the commit does not wait for the disk. */
  forgettable<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.run((tx) => {
      // Not waited for: it travels with the first statement.
      tx.query('set local synchronous_commit = off').catch(ignore);
      return work(tx);
    });
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

  private async runShared(works: readonly Work[]): Promise<unknown[]> {
    // In the order of their keys, so that two shared transactions do not wait for each other in a circle.
    const ordered = works.toSorted((one, other) => (one.key < other.key ? -1 : 1));
    const answers = await this.run((tx) => allSettled(ordered.map(async (work) => work.do(tx))));
    return works.map((work) => answers[ordered.indexOf(work)]);
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

/** Waits for all, so that no statement is asked for once the transaction is over; throws what the first that failed threw. */
async function allSettled<T>(works: Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
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
