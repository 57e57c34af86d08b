import { Injectable } from '@nestjs/common';
import type { Queryable } from './queryable.js';

/** Past it a slot that nobody renewed is free again: its replica is gone. */
const LEASE = "interval '60 seconds'";
/** Free slots to choose from beside those that are wanted: those who look at once should not all reach for the same ones. */
const SPREAD = 8;

/** One upload that runs. */
export interface SlotHolder {
  agentId: string;
  /** Unique for ever. */
  holder: string;
}

interface Outcome {
  holder: string;
  taken: boolean;
  free: boolean;
}

/** The places of uploads that run, numbered per agent. */
@Injectable()
export class UploadSlotStore {
  /** Takes a free slot below its agent's limit for each. Answers who got one. */
  async take(db: Queryable, holders: readonly SlotHolder[], limit: number): Promise<Set<string>> {
    const taken = new Set<string>();
    for (let asking = holders; asking.length > 0; ) {
      const outcomes = await this.tryToTake(db, asking, limit);
      for (const outcome of outcomes) if (outcome.taken) taken.add(outcome.holder);
      // Another was faster; whether there is none left is only known when none was found.
      const again = new Set(outcomes.filter((outcome) => !outcome.taken && outcome.free).map(({ holder }) => holder));
      asking = asking.filter(({ holder }) => again.has(holder));
    }
    return taken;
  }

  async release(db: Queryable, holders: readonly SlotHolder[]): Promise<void> {
    await db.query(
      `delete from ingest.upload_slot held using unnest($1::text[], $2::text[]) as ended(agent_id, holder)
       where held.agent_id = ended.agent_id and held.holder = ended.holder`,
      columnsOf(holders),
    );
  }

  async renew(db: Queryable, holders: readonly string[]): Promise<void> {
    await db.query(`update ingest.upload_slot set expires_at = now() + ${LEASE} where holder = any($1)`, [holders]);
  }

  async removeExpired(db: Queryable): Promise<void> {
    await db.query(`delete from ingest.upload_slot where expires_at < now() - ${LEASE}`);
  }

  private tryToTake(db: Queryable, holders: readonly SlotHolder[], limit: number): Promise<Outcome[]> {
    return db.query<Outcome>(
      `with asked as (
         select agent_id, holder, row_number() over (partition by agent_id order by holder) as nth
         from unnest($1::text[], $2::text[]) as a(agent_id, holder)
       ), agent as (
         select agent_id, count(*) as wanted, (
           select count(*) from ingest.upload_slot held where held.agent_id = asked.agent_id and held.expires_at > now()) as held
         from asked group by agent_id
       ), free as (
         select agent_id, slot, row_number() over (partition by agent_id order by random()) as nth
         -- So many numbers hold as many free ones as are wanted at least, however many there may be.
         from agent, generate_series(1, least($3::bigint, held + wanted + ${SPREAD})) as slot
         where not exists (
           select from ingest.upload_slot held
           where held.agent_id = agent.agent_id and held.slot = slot.slot and held.expires_at > now())
       ), taken as (
         insert into ingest.upload_slot as held (agent_id, slot, holder, expires_at)
         select agent_id, slot, holder, now() + ${LEASE} from asked join free using (agent_id, nth)
         -- In one order everywhere: replicas that reach for the same slots would else deadlock.
         order by agent_id, slot
         on conflict (agent_id, slot) do update set holder = excluded.holder, expires_at = excluded.expires_at
         where held.expires_at <= now()
         returning holder
       )
       select holder, exists (select from taken where taken.holder = asked.holder) as taken,
         exists (select from free where free.agent_id = asked.agent_id and free.nth = asked.nth) as free
       from asked`,
      [...columnsOf(holders), limit],
    );
  }
}

const columnsOf = (holders: readonly SlotHolder[]) => [
  holders.map(({ agentId }) => agentId),
  holders.map(({ holder }) => holder),
];
