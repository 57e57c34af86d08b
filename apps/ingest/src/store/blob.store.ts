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

/** In one order everywhere: transactions that hold rows of the same blobs would else deadlock. */
const GIVEN = `(select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as given(org_id, sha256, key, size)
  order by org_id, sha256) as given`;

/** Of a removal, by the clock of the database, which all replicas share. */
const LEASE_UNTIL = "clock_timestamp() + interval '5 minutes'";

const COLUMNS = 'org_id as "orgId", sha256, key, size';

/** Stored bytes, one row per organisation and digest. */
@Injectable()
export class BlobStore {
  /** Says, before the objects can be there, that they may be: so that a crash in between leaves something to sweep. No key twice. */
  async announce(db: Queryable, blobs: readonly Blob[], now: Date): Promise<void> {
    await db.query(
      `insert into ingest.blob as blob (org_id, sha256, key, size, state, touched_at)
       select org_id, sha256, key, size, 'pending', $5 from ${GIVEN}
       on conflict (org_id, sha256) do update set touched_at = excluded.touched_at where blob.state = 'pending'`,
      [...columnsOf(blobs), now],
    );
  }

  /**
   * Makes them stored, and holds their rows until the end of the transaction: uploads of equal bytes and the sweep wait here. Answers
   * by key whether the object that is there is known to be damaged; nothing of a blob whose object is being removed. No key twice.
   */
  async keep(tx: Transaction, blobs: readonly Blob[], now: Date): Promise<Map<string, 'sound' | 'corrupt'>> {
    const kept = await tx.query<{ key: string; corrupt: boolean }>(
      `insert into ingest.blob as blob (org_id, sha256, key, size, state, touched_at)
       select org_id, sha256, key, size, 'stored', $5 from ${GIVEN}
       on conflict (org_id, sha256) do update set state = 'stored', touched_at = excluded.touched_at where blob.state <> 'doomed'
       returning key, corrupt`,
      [...columnsOf(blobs), now],
    );
    return new Map(kept.map(({ key, corrupt }) => [key, corrupt ? 'corrupt' : 'sound']));
  }

  /** Dooms a blob that no upload completed; answers undefined when one did, or another removes it already. */
  async doom(db: Queryable, { orgId, sha256 }: Blob): Promise<DoomedBlob | undefined> {
    const [doomed] = await db.query<DoomedBlob>(
      `update ingest.blob set state = 'doomed', lease = $3, lease_until = ${LEASE_UNTIL}
       where org_id = $1 and sha256 = $2 and state = 'pending' returning ${COLUMNS}, lease`,
      [orgId, sha256, newUuid()],
    );
    return doomed;
  }

  /** Dooms blobs that stayed pending since before that time, and takes over from those who died over a removal. */
  doomStale(db: Queryable, before: Date, limit: number): Promise<DoomedBlob[]> {
    return db.query<DoomedBlob>(
      `update ingest.blob set state = 'doomed', lease = $2, lease_until = ${LEASE_UNTIL} where (org_id, sha256) in (
         select org_id, sha256 from ingest.blob
         where (state = 'pending' and touched_at < $1) or (state = 'doomed' and lease_until < clock_timestamp())
         order by touched_at limit $3 for update skip locked)
       returning ${COLUMNS}, lease`,
      [before, newUuid(), limit],
    );
  }

  /** Begins the lease of a removal anew; answers false when it is over, or another's by now. */
  async renew(db: Queryable, { orgId, sha256, lease }: DoomedBlob): Promise<boolean> {
    const renewed = await db.query(
      `update ingest.blob set lease_until = ${LEASE_UNTIL}
       where org_id = $1 and sha256 = $2 and state = 'doomed' and lease = $3 and lease_until >= clock_timestamp() returning key`,
      [orgId, sha256, lease],
    );
    return renewed.length > 0;
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

const columnsOf = (blobs: readonly Blob[]) => [
  blobs.map(({ orgId }) => orgId),
  blobs.map(({ sha256 }) => sha256),
  blobs.map(({ key }) => key),
  blobs.map(({ size }) => size),
];
