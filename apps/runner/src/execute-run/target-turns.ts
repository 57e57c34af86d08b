import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Target } from '@reenact/contracts';
import { TargetTurnStore } from '../store/target-turn.store.js';
import { TargetLine } from './target-line.js';

/** How often the first in line asks; of what ends in this process it hears at once. */
const ASK_MS = 100;
/** How often one who waits looks whether to go on waiting. */
const LOOK_MS = 300;

/** A request's turn at a target, until it is given back. */
export interface Turn {
  end(): Promise<void>;
}

const UNBOUNDED: Turn = { end: async () => undefined };

/** Turns at targets that bear only so much, over all runs of all processes. */
@Injectable()
export class TargetTurns {
  private readonly lines = new Map<string, TargetLine>();

  constructor(private readonly turns: TargetTurnStore) {}

  /**
   * Waits for the turn, which lapses after `lapseMs`, whatever becomes of who took it; or for an answer of `instead`, which is asked now and
   * then meanwhile. Throws the signal's reason when it aborts.
   */
  async take<T>(
    { id, limits = {} }: Target,
    lapseMs: number,
    instead: () => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<Turn | T> {
    if (limits.concurrency === undefined && limits.perSecond === undefined) return UNBOUNDED;
    const turnId = randomUUID();
    const line = this.lineOf(id);
    const place = line.enter();
    let taken = false;
    try {
      for (let looked = performance.now(); ; ) {
        const first = line.isFirst(place);
        const wait = first ? await this.turns.ask(id, limits, turnId, lapseMs) : LOOK_MS;
        taken = wait === 0;
        if (taken) return { end: () => this.end(id, turnId) };
        await place.wait(first ? Math.min(wait, ASK_MS) : wait, signal);
        signal.throwIfAborted();
        if (performance.now() - looked < LOOK_MS) continue;
        const answer = await instead();
        if (answer !== undefined) return answer;
        looked = performance.now();
      }
    } finally {
      if (!taken) await quietly(this.turns.leave(turnId));
      line.leave(place);
      if (line.isEmpty()) this.lines.delete(id);
    }
  }

  private lineOf(targetId: string): TargetLine {
    const known = this.lines.get(targetId);
    if (known) return known;
    const line = new TargetLine();
    this.lines.set(targetId, line);
    return line;
  }

  private async end(targetId: string, turnId: string): Promise<void> {
    await quietly(this.turns.end(turnId));
    this.lines.get(targetId)?.callFirst();
  }
}

/** What could not be written lapses. */
async function quietly(writing: Promise<void>): Promise<void> {
  await writing.catch(() => undefined);
}
