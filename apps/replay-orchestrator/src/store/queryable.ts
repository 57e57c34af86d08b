import type { Transaction } from '@reenact/persistence';

/** Reads work inside a transaction and on their own. */
export type Queryable = Pick<Transaction, 'query'>;
