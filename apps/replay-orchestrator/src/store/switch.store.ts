import { Injectable } from '@nestjs/common';
import type { Actor, ExecutionState } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { mayWait, type Pause } from '../domain/pause.js';
import type { ReplayRecord } from '../domain/replay.js';
import type { Queryable } from './queryable.js';

export interface Switch {
  environmentId: string;
  version: number;
  state: ExecutionState;
  reason: string;
  by: Actor;
  at: string;
}

/** The switches of environments as the runner told of them. */
@Injectable()
export class SwitchStore {
  /** An older one than is known changes nothing. */
  async set(tx: Transaction, { environmentId, version, state, reason, by, at }: Switch): Promise<void> {
    await tx.query(
      `insert into replay_orchestrator.execution_switch as s (environment_id, version, state, reason, set_by, set_at)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (environment_id) do update set version = excluded.version, state = excluded.state, reason = excluded.reason,
         set_by = excluded.set_by, set_at = excluded.set_at
       where s.version < excluded.version`,
      [environmentId, version, state, reason, JSON.stringify(by), at],
    );
  }

  /** The pauses that hold some of these replays, by environment. */
  async pausesOf(query: Queryable, records: readonly ReplayRecord[]): Promise<Map<string, Pause>> {
    const places = [...new Set(records.filter(mayWait).map(({ environmentId }) => environmentId))];
    if (places.length === 0) return new Map();
    const rows = await query.query<{ environment_id: string; reason: string; set_by: Actor; set_at: Date }>(
      `select environment_id, reason, set_by, set_at from replay_orchestrator.execution_switch
       where environment_id = any($1) and state = 'paused'`,
      [places],
    );
    return new Map(
      rows.map(({ environment_id, reason, set_by, set_at }) => [
        environment_id,
        { reason, by: set_by, since: set_at.toISOString() },
      ]),
    );
  }
}
