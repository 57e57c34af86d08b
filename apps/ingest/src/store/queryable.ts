import type { Transaction, UnitOfWork } from '@reenact/persistence';

/** What reads need: a transaction, or single statements outside of one. */
export type Queryable = Pick<Transaction, 'query'> | Pick<UnitOfWork, 'query'>;
