import { Injectable } from '@nestjs/common';
import type { Queryable } from './queryable.js';

/** Past it a slot that nobody renewed is free again: its replica is gone. */
const LEASE = "interval '60 seconds'";

/** The places of uploads that run, numbered per agent. */
@Injectable()
export class UploadSlotStore {
  /** Takes a free slot below the limit for the holder. False: there is none. */
  async take(db: Queryable, agentId: string, holder: string, limit: number): Promise<boolean> {
    for (;;) {
      const [{ taken, free }] = await db.query<{ taken: boolean; free: boolean }>(
        `with free as (
           select slot from generate_series(1, $3::integer) as slot
           where not exists (
             select from ingest.upload_slot held where held.agent_id = $1 and held.slot = slot.slot and held.expires_at > now())
           -- Those who look at once should not all reach for the same one.
           order by random() limit 1
         ), taken as (
           insert into ingest.upload_slot as held (agent_id, slot, holder, expires_at)
           select $1, slot, $2, now() + ${LEASE} from free
           on conflict (agent_id, slot) do update set holder = excluded.holder, expires_at = excluded.expires_at
           where held.expires_at <= now()
           returning slot
         )
         select exists (select from taken) as taken, exists (select from free) as free`,
        [agentId, holder, limit],
      );
      if (taken || !free) return taken;
    }
  }

  async release(db: Queryable, agentId: string, holder: string): Promise<void> {
    await db.query('delete from ingest.upload_slot where agent_id = $1 and holder = $2', [agentId, holder]);
  }

  async renew(db: Queryable, holders: readonly string[]): Promise<void> {
    await db.query(`update ingest.upload_slot set expires_at = now() + ${LEASE} where holder = any($1)`, [holders]);
  }

  async removeExpired(db: Queryable): Promise<void> {
    await db.query(`delete from ingest.upload_slot where expires_at < now() - ${LEASE}`);
  }
}
