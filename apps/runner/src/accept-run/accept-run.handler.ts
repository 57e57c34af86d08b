import { Injectable } from '@nestjs/common';
import type { DryRun, Envelope, Execute, ReplayMode } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { RunStore } from '../store/run.store.js';
import { RunLoop } from '../take-runs/run-loop.js';

/** A command leaves a row and nothing else; a replay that has one keeps it. */
@Injectable()
export class AcceptRunHandler {
  constructor(
    private readonly runs: RunStore,
    private readonly loop: RunLoop,
  ) {}

  async accept(tx: Transaction, mode: ReplayMode, commands: readonly Envelope<DryRun | Execute>[]): Promise<void> {
    for (const command of commands) await this.runs.insertQueued(tx, mode, command);
    tx.afterCommit(() => this.loop.nudge());
  }
}
