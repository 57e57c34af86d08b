import { Injectable } from '@nestjs/common';
import type { SigningKey } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import type { Queryable } from './queryable.js';

interface Row {
  kid: string;
  key_use: string;
  public_key: string;
  status: SigningKey['status'];
  not_before: Date;
  not_after: Date | null;
}

/** After a rotation, replicas that were not started anew sign with the key before for so long. */
const OVERLAP = '24 hours';

@Injectable()
export class SigningKeyStore {
  /**
   * Makes a key that was never seen the active one of its use; the one before it retires slowly. One that was rotated away does not come
   * back.
   */
  async activate(tx: Transaction, key: SigningKey): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`approval.signing_key.${key.use}`]);
    const [added] = await tx.query(
      `insert into approval.signing_key (kid, key_use, public_key, status, not_before) values ($1, $2, $3, 'active', $4)
       on conflict (kid) do nothing returning kid`,
      [key.kid, key.use, key.publicKey, key.notBefore],
    );
    if (!added) return;
    await tx.query(
      `update approval.signing_key set status = 'retiring', not_after = $3::timestamptz + interval '${OVERLAP}'
       where key_use = $2 and kid <> $1 and status = 'active'`,
      [key.kid, key.use, key.notBefore],
    );
  }

  /** A key that was made known. */
  async find(query: Queryable, kid: string): Promise<SigningKey> {
    const found = (await this.list(query)).find((key) => key.kid === kid);
    if (!found) throw new Error(`the key ${kid} is not known`);
    return found;
  }

  /** What these keys have signed counts no more. */
  async retire(tx: Transaction, kids: string[]): Promise<void> {
    await tx.query(
      `update approval.signing_key set status = 'retired', not_after = least(not_after, now()) where kid = any($1) and status <> 'retired'`,
      [kids],
    );
  }

  async list(query: Queryable): Promise<SigningKey[]> {
    const rows = await query.query<Row>(
      'select kid, key_use, public_key, status, not_before, not_after from approval.signing_key order by not_before, kid',
    );
    return rows.map((row) => ({
      kid: row.kid,
      use: row.key_use,
      alg: 'Ed25519',
      publicKey: row.public_key,
      status: row.status,
      notBefore: row.not_before.toISOString(),
      ...(row.not_after && { notAfter: row.not_after.toISOString() }),
    }));
  }
}
