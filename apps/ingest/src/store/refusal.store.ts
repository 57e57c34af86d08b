import { Injectable } from '@nestjs/common';
import { type ListRefusals, type Page, Problem, type RefusalCount } from '@reenact/contracts';
import { BEHIND_EVERY_KEY, keysetOf, pageOf, type Transaction } from '@reenact/persistence';
import type { Queryable } from './queryable.js';

/** Refusals of one agent or enrolment token, minute and code. */
export interface Refusal {
  /** The agent, or the token that nobody got to be one with. */
  subjectId: string;
  orgId: string;
  projectId: string;
  environmentId: string;
  minute: Date;
  status: number;
  code: string;
  count: number;
}

interface RefusalRow {
  subject_id: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  minute: Date;
  status: number;
  code: string;
  count: number;
}

@Injectable()
export class RefusalStore {
  async add(tx: Transaction, refusals: Refusal[]): Promise<void> {
    // In one order everywhere: replicas that add to the same rows would else deadlock.
    const sorted = refusals.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    for (const { subjectId, minute, status, code, orgId, projectId, environmentId, count } of sorted) {
      await tx.query(
        `insert into ingest.refusal as refusal (subject_id, minute, status, code, org_id, project_id, environment_id, count)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (subject_id, minute, status, code) do update set count = refusal.count + excluded.count`,
        [subjectId, minute, status, code, orgId, projectId, environmentId, count],
      );
    }
  }

  /** What was not announced yet: first refusals at once, further ones when their minute is over. Marks it announced. */
  async announce(tx: Transaction, minuteOverBefore: Date, limit: number): Promise<Refusal[]> {
    const rows = await tx.query<RefusalRow>(
      `with due as (
         select subject_id, minute, status, code, announced from ingest.refusal
         where announced < count and (announced = 0 or minute < $1) order by minute limit $2 for update skip locked)
       update ingest.refusal refusal set announced = refusal.count from due
       where (refusal.subject_id, refusal.minute, refusal.status, refusal.code) = (due.subject_id, due.minute, due.status, due.code)
       returning refusal.subject_id, refusal.org_id, refusal.project_id, refusal.environment_id, refusal.minute, refusal.status,
         refusal.code, refusal.count - due.announced as count`,
      [minuteOverBefore, limit],
    );
    return rows.map((row) => ({
      subjectId: row.subject_id,
      orgId: row.org_id,
      projectId: row.project_id,
      environmentId: row.environment_id,
      minute: row.minute,
      status: row.status,
      code: row.code,
      count: row.count,
    }));
  }

  /** Forgets what was refused before a minute and is announced. Answers how many rows that were. */
  async removeOld(db: Queryable, before: Date, limit: number): Promise<number> {
    const gone = await db.query(
      `delete from ingest.refusal where (subject_id, minute, status, code) in (
         select subject_id, minute, status, code from ingest.refusal where minute < $1 and announced >= count
         order by minute limit $2 for update skip locked) returning minute`,
      [before, limit],
    );
    return gone.length;
  }

  /** Newest first. */
  async list(db: Queryable, query: ListRefusals): Promise<Page<RefusalCount>> {
    const { before, limit } = keysetOf(query);
    const [minute, status, code] = cursorParts(before);
    const rows = await db.query<RefusalRow>(
      `select * from ingest.refusal where subject_id = $1 and (minute, status, code) < ($2::timestamptz, $3::integer, $4::text)
       order by minute desc, status desc, code desc limit ${limit + 1}`,
      [query.agentId, minute, status, code],
    );
    return pageOf(rows, limit, ({ minute, status, code, count }) => ({
      key: `${minute.toISOString()}|${status}|${code}`,
      item: { minute: minute.toISOString(), status, code, count },
    }));
  }
}

/** The last row's key, or what sorts behind every row. Throws `invalid_query_parameter` for a cursor of another list. */
function cursorParts(before: string): [minute: string, status: number, code: string] {
  if (before === BEHIND_EVERY_KEY) return ['infinity', 0, ''];
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\|(\d{3})\|(\w+)$/.exec(before);
  if (!match)
    throw new Problem('invalid_query_parameter', {
      detail: 'the cursor is not one of this list',
      members: { parameter: 'cursor' },
    });
  return [match[1], Number(match[2]), match[3]];
}

const keyOf = ({ subjectId, minute, status, code }: Refusal) => `${subjectId} ${minute.toISOString()} ${status} ${code}`;
