import { Injectable } from '@nestjs/common';
import { newUuid } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import type { Queryable } from './queryable.js';

export interface Blob {
  orgId: string;
  sha256: string;
  key: string;
  size: number;
}

/** A blob whose object the holder of the lease, and nobody else, removes. */
export interface DoomedBlob extends Blob {
  lease: string;
}

const COLUMNS = 'org_id as "orgId", sha256, key, size';

/** Stored bytes, one row per organisation and digest. */
@Injectable()
export class BlobStore {
  /** Says, before the object can be there, that it may be: so that a crash in between leaves something to sweep. */
  async announce(db: Queryable, { orgId, sha256, key, size }: Blob, now: Date): Promise<void> {
    await db.query(
      `insert into ingest.blob as blob (org_id, sha256, key, size, state, touched_at) values ($1, $2, $3, $4, 'pending', $5)
       on conflict (org_id, sha256) do update set touched_at = excluded.touched_at where blob.state = 'pending'`,
      [orgId, sha256, key, size, now],
    );
  }

  /**
   * Makes it stored, and holds its row until the end of the transaction: uploads of equal bytes and the sweep wait here. Answers
   * undefined while its object is being removed, else whether the object that is there is known to be damaged.
   */
  async keep(tx: Transaction, { orgId, sha256, key, size }: Blob, now: Date): Promise<{ corrupt: boolean } | undefined> {
    const [kept] = await tx.query<{ corrupt: boolean }>(
      `insert into ingest.blob as blob (org_id, sha256, key, size, state, touched_at) values ($1, $2, $3, $4, 'stored', $5)
       on conflict (org_id, sha256) do update set state = 'stored', touched_at = excluded.touched_at where blob.state <> 'doomed'
       returning corrupt`,
      [orgId, sha256, key, size, now],
    );
    return kept;
  }

  /** Dooms a blob that no upload completed; answers undefined when one did, or another removes it already. */
  async doom(db: Queryable, { orgId, sha256 }: Blob, leaseUntil: Date): Promise<DoomedBlob | undefined> {
    const [doomed] = await db.query<DoomedBlob>(
      `update ingest.blob set state = 'doomed', lease = $3, lease_until = $4
       where org_id = $1 and sha256 = $2 and state = 'pending' returning ${COLUMNS}, lease`,
      [orgId, sha256, newUuid(), leaseUntil],
    );
    return doomed;
  }

  /** Dooms blobs that stayed pending since before that time, and takes over from those who died over a removal. */
  doomStale(db: Queryable, before: Date, now: Date, leaseUntil: Date, limit: number): Promise<DoomedBlob[]> {
    return db.query<DoomedBlob>(
      `update ingest.blob set state = 'doomed', lease = $3, lease_until = $4 where (org_id, sha256) in (
         select org_id, sha256 from ingest.blob
         where (state = 'pending' and touched_at < $1) or (state = 'doomed' and lease_until < $2)
         order by touched_at limit $5 for update skip locked)
       returning ${COLUMNS}, lease`,
      [before, now, newUuid(), leaseUntil, limit],
    );
  }

  /** Lets go of a blob whose object was removed; answers false when the lease is another's by now. */
  async forget(db: Queryable, { orgId, sha256, lease }: DoomedBlob): Promise<boolean> {
    const gone = await db.query(
      `delete from ingest.blob where org_id = $1 and sha256 = $2 and state = 'doomed' and lease = $3 returning key`,
      [orgId, sha256, lease],
    );
    return gone.length > 0;
  }
}
