import { Injectable } from '@nestjs/common';
import type { ExecutionState } from '@reenact/contracts';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import type { TurnedSwitch } from '../domain/told-switch.js';

export interface SwitchRow extends TurnedSwitch {
  environment_id: string;
  version: number;
}

/** The switch of each environment; one that nobody ever set has no row, and runs. */
@Injectable()
export class ExecutionSwitches {
  constructor(private readonly work: UnitOfWork) {}

  async find(environmentId: string, tx: Pick<Transaction, 'query'> = this.work): Promise<SwitchRow | undefined> {
    const [row] = await tx.query<SwitchRow>('select * from runner.execution_switch where environment_id = $1', [environmentId]);
    return row;
  }

  /** Answers the row as it is now, and the state before. */
  async set(tx: Transaction, row: Omit<SwitchRow, 'version'>): Promise<{ row: SwitchRow; before: ExecutionState }> {
    // Two who set it at once tell of it one after the other, also when there is no row to lock yet.
    await tx.query('select pg_advisory_xact_lock(hashtext($1))', [`runner.execution_switch ${row.environment_id}`]);
    const before = (await this.find(row.environment_id, tx))?.state ?? 'running';
    const [now] = await tx.query<SwitchRow>(
      `insert into runner.execution_switch as s (environment_id, state, reason, changed_by, changed_by_name, changed_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (environment_id) do update set state = excluded.state, reason = excluded.reason,
         changed_by = excluded.changed_by, changed_by_name = excluded.changed_by_name, changed_at = excluded.changed_at,
         version = s.version + 1
       returning *`,
      [row.environment_id, row.state, row.reason, row.changed_by, row.changed_by_name, row.changed_at],
    );
    return { row: now, before };
  }
}
