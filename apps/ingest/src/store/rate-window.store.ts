import { Injectable } from '@nestjs/common';
import type { Booking, Granted, Report } from '../domain/permit-book.js';
import type { Queryable } from './queryable.js';

export interface PermitKey {
  policy: string;
  subject: string;
}

interface Row extends PermitKey {
  started: number;
  used: number;
  remaining: number;
}

const NOW = '(extract(epoch from clock_timestamp()) * 1000)::bigint';
const WINDOW_MS = 60_000;

/** The ledger that all replicas lease from: one row per key, rewritten once per block. */
@Injectable()
export class RateWindowStore {
  /** Books what was spent and answers how each key stands, in the order asked; no key twice. A window begins with its first lease. */
  async lease(db: Queryable, asked: readonly (PermitKey & Report)[]): Promise<Granted[]> {
    const rows = await db.query<Row>(
      `insert into ingest.rate_window as w (policy, subject, started, used, reported)
       select policy, subject, now, spent, reported
       from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as a (policy, subject, reported, spent), (select ${NOW} as now) c
       -- In one order everywhere: replicas that lease the same keys would else deadlock.
       order by policy, subject
       on conflict (policy, subject) do update set
         started = case when w.started <= excluded.started - ${WINDOW_MS} then excluded.started else w.started end,
         used = case
           when w.started <= excluded.started - ${WINDOW_MS} then case when excluded.reported = 0 then excluded.used else 0 end
           when excluded.reported in (0, w.started) then greatest(0, w.used + excluded.used)
           else w.used end
       returning policy, subject, started, used, greatest(0, started + ${WINDOW_MS} - ${NOW}) as remaining`,
      [
        asked.map(({ policy }) => policy),
        asked.map(({ subject }) => subject),
        asked.map(({ window }) => window),
        asked.map(({ spent }) => spent),
      ],
    );
    const byKey = new Map(rows.map((row) => [`${row.policy} ${row.subject}`, row]));
    return asked.map(({ policy, subject }) => {
      const { started, used, remaining } = byKey.get(`${policy} ${subject}`) as Row;
      return { window: started, used, remainingMs: remaining };
    });
  }

  /** Books what fits, each at once or not at all; no key twice. Answers what is used then, in the order asked. */
  async book(db: Queryable, asked: readonly (PermitKey & Booking)[]): Promise<(number | undefined)[]> {
    const rows = await db.query<Pick<Row, 'policy' | 'subject' | 'used'>>(
      `with asked as (
         select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[]) as a (policy, subject, started, cost, most)
       ), locked as (
         select w.policy, w.subject, a.cost from ingest.rate_window w join asked a using (policy, subject)
         where w.started = a.started and (w.used = 0 or w.used + a.cost <= a.most)
         -- In one order everywhere, as above.
         order by w.policy, w.subject for update of w
       )
       update ingest.rate_window w set used = w.used + l.cost from locked l
       where (w.policy, w.subject) = (l.policy, l.subject) returning w.policy, w.subject, w.used`,
      [
        asked.map(({ policy }) => policy),
        asked.map(({ subject }) => subject),
        asked.map(({ window }) => window),
        asked.map(({ cost }) => cost),
        asked.map(({ limit }) => limit),
      ],
    );
    const byKey = new Map(rows.map(({ policy, subject, used }) => [`${policy} ${subject}`, used]));
    return asked.map(({ policy, subject }) => byKey.get(`${policy} ${subject}`));
  }

  async removeOld(db: Queryable): Promise<void> {
    await db.query(`delete from ingest.rate_window where started < ${NOW} - ${10 * WINDOW_MS}`);
  }
}
