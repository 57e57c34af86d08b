import { Injectable } from '@nestjs/common';
import type { Transaction } from '@reenact/persistence';
import type { Denial } from '../domain/denial.js';
import type { EntryDraft } from '../domain/entry-draft.js';

/** Denials of the running minutes: the first is sealed at once, later equal ones are counted and sealed when their minute is over. */
@Injectable()
export class DenialTallyStore {
  /** True for the first of its kind; otherwise its count is added to what waits. */
  async isFirst(tx: Transaction, denial: Denial, draft: EntryDraft): Promise<boolean> {
    const { log, actor, code, minute, count } = denial;
    const [row] = await tx.query<{ pending: number }>(
      `insert into audit.denial_tally as tally (log, actor, code, minute, draft) values ($1, $2, $3, $4, $5)
       on conflict (log, actor, code, minute) do update set pending = tally.pending + $6, draft = excluded.draft
       returning pending`,
      [log, actor, code, minute, JSON.stringify(withoutDetached(draft)), count],
    );
    return row.pending === 0;
  }

  /** Takes out what waits of minutes that ended before `before`. */
  async takeEnded(tx: Transaction, before: Date): Promise<{ draft: EntryDraft; pending: number }[]> {
    const rows = await tx.query<{ draft: string; pending: number }>(
      `delete from audit.denial_tally where ctid in (
         select ctid from audit.denial_tally where minute < $1 order by minute limit 200 for update skip locked
       ) returning draft, pending`,
      [before.toISOString()],
    );
    return rows
      .filter(({ pending }) => pending > 0)
      .map(({ draft, pending }) => ({ draft: JSON.parse(draft) as EntryDraft, pending }));
  }
}

// Its own detached values were counted away with it; those of the sealed first one stay.
function withoutDetached(draft: EntryDraft): EntryDraft {
  return { ...draft, detached: [] };
}
