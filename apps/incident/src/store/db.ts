import type { Transaction } from '@reenact/persistence';

/** What a store reads and writes through: a transaction, or the unit of work for a single statement. */
export type Db = Pick<Transaction, 'query'>;
