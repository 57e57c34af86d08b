import type { TimelineEntry } from '@reenact/contracts';
import type { Keyset } from '@reenact/persistence';
import type { Db } from './db.js';

export class TimelineStore {
  /** Entries with an owner: an incident, an environment or an agent; an artifact until its incident is known. */
  async add(db: Db, owned: readonly { ownerId: string; entry: TimelineEntry }[]): Promise<void> {
    if (owned.length === 0) return;
    await db.query(
      `insert into incident.timeline_entry (id, owner_id, entry)
       select * from unnest($1::text[], $2::text[], $3::text[]) on conflict (id) do nothing`,
      [owned.map(({ entry }) => entry.id), owned.map(({ ownerId }) => ownerId), owned.map(({ entry }) => JSON.stringify(entry))],
    );
  }

  async handOver(db: Db, fromOwner: string, toOwner: string): Promise<void> {
    await db.query('update incident.timeline_entry set owner_id = $2 where owner_id = $1', [fromOwner, toOwner]);
  }

  /** The incident's own entries, and those of the owners around it that lie in the window. */
  async list(
    db: Db,
    of: { incidentId: string; around: readonly string[]; from: string; to: string },
    { before, limit }: Keyset,
  ): Promise<TimelineEntry[]> {
    const rows = await db.query<{ entry: string }>(
      `select entry from (
         (select id, entry from incident.timeline_entry where owner_id = $1 and id < $2 order by id desc limit $3)
         union all
         (select e.id, e.entry from unnest($4::text[]) as o (id) cross join lateral (
            select id, entry from incident.timeline_entry
            where owner_id = o.id and id < least($2, $6) and id >= $5
            order by id desc limit $3
          ) e)
       ) e order by id desc limit $3`,
      [of.incidentId, before, limit + 1, of.around, of.from, of.to],
    );
    return rows.map(({ entry }) => JSON.parse(entry) as TimelineEntry);
  }
}
