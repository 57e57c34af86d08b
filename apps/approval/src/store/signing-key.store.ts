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

@Injectable()
export class SigningKeyStore {
  /** Makes this the active key of its use; the one before it retires slowly. */
  async activate(tx: Transaction, key: SigningKey): Promise<void> {
    await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`approval.signing_key.${key.use}`]);
    await tx.query(
      `insert into approval.signing_key (kid, key_use, public_key, status, not_before) values ($1, $2, $3, 'active', $4)
       on conflict (kid) do update set status = 'active', not_after = null`,
      [key.kid, key.use, key.publicKey, key.notBefore],
    );
    await tx.query(
      `update approval.signing_key set status = 'retiring', not_after = $3 where key_use = $2 and kid <> $1 and status = 'active'`,
      [key.kid, key.use, key.notBefore],
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
