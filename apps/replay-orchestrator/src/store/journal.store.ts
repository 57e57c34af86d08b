import { Injectable } from '@nestjs/common';
import type { ReplayState } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import type { ReplayRecord } from '../domain/replay.js';
import type { ReplayMessage } from '../domain/replay-message.js';
import type { Queryable } from './queryable.js';

/** The first line of a history: the replay as it was asked for. */
export type JournalMessage = ReplayMessage | { type: 'requested'; at: string; replay: ReplayRecord };

/** What happened to a replay, and what it was afterwards. */
export interface JournalLine {
  replayId: string;
  version: number;
  state: ReplayState;
  message: JournalMessage;
}

interface Row {
  replay_id: string;
  version: number;
  state: ReplayState;
  message: JournalMessage;
}

/** Every message that changed a replay, so that a history can be played again through the machine. */
@Injectable()
export class JournalStore {
  async append(tx: Transaction, lines: readonly JournalLine[]): Promise<void> {
    if (lines.length === 0) return;
    await tx.query(
      `insert into replay_orchestrator.replay_journal (replay_id, version, state, message, at)
       select replay_id, version, state, message, (message->>'at')::timestamptz
       from unnest($1::text[], $2::int[], $3::text[], $4::jsonb[]) with ordinality as x(replay_id, version, state, message, n) order by n`,
      [
        lines.map(({ replayId }) => replayId),
        lines.map(({ version }) => version),
        lines.map(({ state }) => state),
        lines.map(({ message }) => JSON.stringify(message)),
      ],
    );
  }

  async read(query: Queryable, replayId: string): Promise<JournalLine[]> {
    const rows = await query.query<Row>(
      'select replay_id, version, state, message from replay_orchestrator.replay_journal where replay_id = $1 order by id',
      [replayId],
    );
    return rows.map(({ replay_id, version, state, message }) => ({ replayId: replay_id, version, state, message }));
  }
}
