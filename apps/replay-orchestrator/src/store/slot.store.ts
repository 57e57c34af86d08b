import { Injectable } from '@nestjs/common';
import type { Transaction } from '@reenact/persistence';

/** The execute slots of environments: a replay holds one from its dispatch to its end, whatever its end is. */
@Injectable()
export class SlotStore {
  /** How many are taken, per environment; until the end of the transaction nobody else takes one there. */
  async lock(tx: Transaction, environmentIds: readonly string[]): Promise<Map<string, number>> {
    const ids = [...new Set(environmentIds)].sort();
    if (ids.length === 0) return new Map();
    await tx.query('insert into replay_orchestrator.environment (id) select unnest($1::text[]) on conflict do nothing', [ids]);
    await tx.query('select id from replay_orchestrator.environment where id = any($1) order by id for update', [ids]);
    const rows = await tx.query<{ environment_id: string; taken: number }>(
      `select environment_id, count(*) as taken from replay_orchestrator.replay
       where environment_id = any($1) and holds_slot group by environment_id`,
      [ids],
    );
    const taken = new Map(rows.map((row) => [row.environment_id, Number(row.taken)]));
    return new Map(ids.map((id) => [id, taken.get(id) ?? 0]));
  }
}
