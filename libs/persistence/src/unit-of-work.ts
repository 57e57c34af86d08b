import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { rowsOf, type Transaction } from './transaction.js';

const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const ATTEMPTS = 5;

/** Runs use cases, each in one transaction (read committed). */
@Injectable()
export class UnitOfWork {
  constructor(private readonly source: DataSource) {}

  /**
   * Commits what `work` did, or nothing when it throws. Work that lost against another transaction (deadlock, serialization) runs
   * again, up to five times: it must have no effects outside of the transaction.
   */
  async run<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const callbacks: (() => void)[] = [];
      try {
        const result = await this.source.transaction((manager) =>
          work({
            manager,
            query: <R>(sql: string, params?: unknown[]) => rowsOf<R>(manager, sql, params),
            afterCommit: (callback) => callbacks.push(callback),
          }),
        );
        for (const callback of callbacks) quietly(callback);
        return result;
      } catch (error) {
        if (attempt >= ATTEMPTS || !isConflict(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt));
      }
    }
  }

  /** Rows of one statement outside of any transaction. */
  query<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]> {
    return rowsOf<T>(this.source.manager, sql, params);
  }
}

function isConflict(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK;
}

function quietly(callback: () => void): void {
  try {
    callback();
  } catch {
    // The commit stands whatever a callback does.
  }
}
