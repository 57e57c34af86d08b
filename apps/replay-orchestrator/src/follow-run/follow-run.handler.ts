import { Injectable } from '@nestjs/common';
import type { Envelope, RunFact } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import { ReplayStore } from '../store/replay.store.js';
import { runMessage, runProgress } from './run-message.js';

/** The runner's facts: they alone move a replay whose command is out. */
@Injectable()
export class FollowRunHandler {
  constructor(
    private readonly advance: AdvanceReplaysHandler,
    private readonly replays: ReplayStore,
  ) {}

  async follow(batch: Envelope<RunFact>[], tx: Transaction): Promise<void> {
    const newest = new Map<string, Envelope<RunFact>>();
    for (const envelope of batch) {
      const { replayId } = envelope.data;
      const version = newest.get(replayId)?.aggregate.version ?? 0;
      if (runProgress(envelope) && envelope.aggregate.version > version) newest.set(replayId, envelope);
    }
    const happenings = batch.flatMap((envelope) => {
      const message = runMessage(envelope);
      return message ? [{ replayId: envelope.data.replayId, message, context: causedBy(envelope) }] : [];
    });
    await this.advance.advance(tx, happenings, [...newest.keys()]);
    await this.replays.saveProgress(
      tx,
      [...newest].flatMap(([id, envelope]) => {
        const progress = runProgress(envelope);
        return progress ? [{ id, mode: envelope.data.mode, version: envelope.aggregate.version, progress }] : [];
      }),
    );
  }
}
