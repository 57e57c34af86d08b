import { Inject, Injectable } from '@nestjs/common';
import { Problem } from '@reenact/contracts';
import { SCHEMA } from './tokens.js';
import type { Transaction } from './transaction.js';

/** What an `Idempotency-Key` stands for; no key, no memory. */
export interface IdempotentRequest {
  caller: string;
  route: string;
  key?: string;
  /** Digest of what the caller asked for; the same key with another one is refused. */
  requestHash: string;
}

/** Remembers answers for 24 hours, in the transaction of the work that they answer. */
@Injectable()
export class IdempotencyStore {
  constructor(@Inject(SCHEMA) private readonly schema: string) {}

  /**
   * Runs `work` once per (caller, route, key): afterwards the same request gets the stored answer (as JSON keeps it). Throws
   * `idempotency_key_reused` for another request under that key and `idempotency_key_in_progress` while the first still runs.
   */
  async once<T>(tx: Transaction, request: IdempotentRequest, work: () => Promise<T>): Promise<T> {
    const { caller, route, key, requestHash } = request;
    if (key === undefined) return work();
    const [lock] = await tx.query<{ free: boolean }>('select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as free', [
      [this.schema, caller, route, key].join('\n'),
    ]);
    if (!lock.free) throw new Problem('idempotency_key_in_progress');
    const where = 'caller = $1 and route = $2 and key = $3';
    await tx.query(`delete from ${this.schema}.idempotency where ${where} and created_at < now() - interval '24 hours'`, [
      caller,
      route,
      key,
    ]);
    const known = await this.answered<T>(tx, request);
    if (known) return known.value;
    const value = await work();
    await tx.query(
      `insert into ${this.schema}.idempotency (caller, route, key, request_hash, answer) values ($1, $2, $3, $4, $5)`,
      [caller, route, key, requestHash, JSON.stringify({ value })],
    );
    return value;
  }

  /**
   * What was answered to this request in the last 24 hours, for callers that have something slow to do first. Throws
   * `idempotency_key_reused` for another request under that key.
   */
  async answered<T>(tx: Pick<Transaction, 'query'>, request: IdempotentRequest): Promise<{ value: T } | undefined> {
    const { caller, route, key, requestHash } = request;
    if (key === undefined) return undefined;
    const [known] = await tx.query<{ request_hash: string; answer: { value?: T } }>(
      `select request_hash, answer from ${this.schema}.idempotency
       where caller = $1 and route = $2 and key = $3 and created_at >= now() - interval '24 hours'`,
      [caller, route, key],
    );
    if (known && known.request_hash !== requestHash) throw new Problem('idempotency_key_reused');
    return known && { value: known.answer.value as T };
  }
}
