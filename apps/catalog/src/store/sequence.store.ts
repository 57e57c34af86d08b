import type { SequenceKind, SequenceRange } from '@reenact/contracts';
import type { Db } from './db.js';

/** Numbers of one boot that arrived. */
export interface Arrival extends SequenceRange {
  agentId: string;
  bootId: string;
}

/** One sequence of an agent, and what of it was missing for long enough. */
export interface MissedSequence {
  agentId: string;
  kind: SequenceKind;
  bootId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  version: number;
  missing: SequenceRange[];
}

interface Row {
  agent_id: string;
  kind: SequenceKind;
  boot_id: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  version: number;
  missing: SequenceRange[];
}

/** Which numbers of each boot arrived, as ranges: replicas and retries may tell them in any order and twice. */
export class SequenceStore {
  /** Of a boot that was known before its numbers were kept, everything up to its last one counts as arrived. */
  async arrive(db: Db, kind: SequenceKind, arrivals: readonly Arrival[], at: Date): Promise<void> {
    if (arrivals.length === 0) return;
    await db.query(
      `with arrived as (
         select agent_id, boot_id, range_agg(int8range(first, last, '[]')) as seen
         from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as r (agent_id, boot_id, first, last)
         where first <= last group by agent_id, boot_id
       )
       insert into catalog.agent_sequence as s (agent_id, kind, boot_id, seen, changed_at)
       select a.id, $5::text, n.boot_id,
         n.seen + case
           when $5::text = 'heartbeat' and a.boot_id = n.boot_id and a.last_sequence >= 1 and not exists (
             select from catalog.agent_sequence k where k.agent_id = a.id and k.kind = $5::text and k.boot_id = n.boot_id
           ) then int8multirange(int8range(1, a.last_sequence, '[]'))
           else '{}'::int8multirange
         end,
         $6
       from arrived n join catalog.agent a on a.id = n.agent_id
       order by a.id, n.boot_id
       on conflict (agent_id, kind, boot_id) do update set seen = s.seen + excluded.seen, changed_at = excluded.changed_at`,
      [
        arrivals.map(({ agentId }) => agentId),
        arrivals.map(({ bootId }) => bootId),
        arrivals.map(({ from }) => from),
        arrivals.map(({ to }) => to),
        kind,
        at,
      ],
    );
  }

  /**
   * Takes sequences that have a gap: what was missing already at `before` is answered, and not again; what is missing since is
   * remembered for the next look. Rows that another replica looks at are passed over.
   */
  async takeMissed(db: Db, of: { kind: SequenceKind; before: Date; now: Date; limit: number }): Promise<MissedSequence[]> {
    const rows = await db.query<Row>(
      `with taken as (
         select agent_id, kind, boot_id, coalesce(suspected, '{}') - seen as missing
         from catalog.agent_sequence
         where has_gap and kind = $1 and (suspected_at is null or suspected_at <= $2)
         order by suspected_at nulls first limit $4
         for no key update skip locked
       ), looked as (
         update catalog.agent_sequence s
         set seen = s.seen + t.missing,
             suspected = int8multirange(int8range(1, upper(s.seen))) - (s.seen + t.missing),
             suspected_at = $3
         from taken t where (s.agent_id, s.kind, s.boot_id) = (t.agent_id, t.kind, t.boot_id)
       )
       select t.agent_id, t.kind, t.boot_id, a.org_id, a.project_id, a.environment_id, a.version,
         coalesce(
           (select jsonb_agg(jsonb_build_object('from', lower(g), 'to', upper(g) - 1) order by g) from unnest(t.missing) g), '[]'
         ) as missing
       from taken t join catalog.agent a on a.id = t.agent_id`,
      [of.kind, of.before, of.now, of.limit],
    );
    return rows.map((row) => ({
      agentId: row.agent_id,
      kind: row.kind,
      bootId: row.boot_id,
      orgId: row.org_id,
      projectId: row.project_id,
      environmentId: row.environment_id,
      version: row.version,
      missing: row.missing,
    }));
  }

  /** Forgets boots that ended long ago. Answers how many. */
  async prune(db: Db, before: Date, limit: number): Promise<number> {
    const gone = await db.query(
      `delete from catalog.agent_sequence where (agent_id, kind, boot_id) in (
         select s.agent_id, s.kind, s.boot_id from catalog.agent_sequence s join catalog.agent a on a.id = s.agent_id
         where s.changed_at < $1 and s.boot_id is distinct from a.boot_id order by s.changed_at limit $2
         for update of s skip locked
       ) returning boot_id`,
      [before, limit],
    );
    return gone.length;
  }

  /** Forgets the boots of each agent but the newest: one that calls every heartbeat a boot gets no row for each. Answers how many. */
  async pruneAllBut(db: Db, kept: number, limit: number): Promise<number> {
    const gone = await db.query(
      `delete from catalog.agent_sequence s using (
         select agent_id, kind, boot_id, row_number() over (partition by agent_id, kind order by changed_at desc, boot_id) as nth
         from catalog.agent_sequence
       ) ranked
       where ranked.nth > $1 and ranked.nth <= $1 + $2
         and (s.agent_id, s.kind, s.boot_id) = (ranked.agent_id, ranked.kind, ranked.boot_id)
       returning s.boot_id`,
      [kept, limit],
    );
    return gone.length;
  }
}
