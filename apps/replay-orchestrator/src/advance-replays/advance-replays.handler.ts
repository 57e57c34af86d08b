import { Injectable } from '@nestjs/common';
import type { CallContext } from '@reenact/contracts';
import { Outbox, type Saying } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { next } from '../domain/replay.machine.js';
import type { ReplayRecord } from '../domain/replay.js';
import type { ReplayMessage } from '../domain/replay-message.js';
import { countSlot, wantsSlot, withSlot } from '../domain/slots.js';
import { type JournalLine, JournalStore } from '../store/journal.store.js';
import { ReplayStore, type StoredReplay } from '../store/replay.store.js';
import { SlotStore } from '../store/slot.store.js';

/** What happened to a replay, and on whose behalf its consequences are. */
export interface Happening {
  replayId: string;
  message: ReplayMessage;
  context: CallContext;
}

/** The one way for a replay to change: loads rows, calls `next`, stores what it says. Many replays go in one transaction. */
@Injectable()
export class AdvanceReplaysHandler {
  constructor(
    private readonly replays: ReplayStore,
    private readonly slots: SlotStore,
    private readonly journal: JournalStore,
    private readonly outbox: Outbox,
  ) {}

  /**
   * The replays as they are now. What happened to an unknown one is not ours. `beside`: others that the transaction is going to write, to be
   * locked with them, since locks taken in two goes are in no order.
   */
  async advance(
    tx: Transaction,
    happenings: readonly Happening[],
    beside: readonly string[] = [],
  ): Promise<Map<string, StoredReplay>> {
    const stored = await this.replays.lock(tx, [...happenings.map(({ replayId }) => replayId), ...beside]);
    const known = happenings.filter(({ replayId }) => stored.has(replayId));
    const taken = await this.slots.lock(tx, wanted(known, stored));
    const changed = new Map<string, ReplayRecord>();
    const lines: JournalLine[] = [];
    const said: Saying[] = [];
    for (const { replayId, message: happened, context } of known) {
      const { record: before, progress } = stored.get(replayId) as StoredReplay;
      const message = withSlot(before, happened, taken);
      const step = next(before, message);
      if (!step.changed) continue;
      const { replay, events, commands } = step;
      countSlot(taken, before, replay);
      stored.set(replayId, { record: replay, progress });
      changed.set(replayId, replay);
      lines.push({ replayId, version: replay.version, state: replay.state, message });
      said.push({ context: ofReplay(replay, context), drafts: [...events, ...commands] });
    }
    await Promise.all([
      this.replays.save(tx, [...changed.values()]),
      this.journal.append(tx, lines),
      this.outbox.addAll(tx, said),
    ]);
    return stored;
  }
}

/** Part of the replay's story, and of the trace that its request began. */
function ofReplay({ id, traceparent }: ReplayRecord, context: CallContext): CallContext {
  return { ...context, correlationId: id, ...(traceparent !== undefined && { traceparent }) };
}

/** Environments in which one of these may take a slot. */
function wanted(happenings: readonly Happening[], stored: Map<string, StoredReplay>): string[] {
  return happenings.flatMap(({ replayId, message }) => {
    const { record } = stored.get(replayId) as StoredReplay;
    return wantsSlot(record, message) ? [record.environmentId] : [];
  });
}
