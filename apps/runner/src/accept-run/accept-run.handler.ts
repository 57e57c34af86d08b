import { Injectable } from '@nestjs/common';
import type { DryRun, Envelope, Execute, ReplayMode } from '@reenact/contracts';
import { causedBy } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { RunStore } from '../store/run.store.js';
import { DispatchCheck } from '../take-runs/dispatch-check.js';
import { RunLoop } from '../take-runs/run-loop.js';

/** A command leaves a row and nothing else; a replay that has one keeps it. */
@Injectable()
export class AcceptRunHandler {
  constructor(
    private readonly runs: RunStore,
    private readonly loop: RunLoop,
    private readonly dispatches: DispatchCheck,
  ) {}

  async accept(tx: Transaction, mode: ReplayMode, commands: readonly Envelope<DryRun | Execute>[]): Promise<void> {
    for (const command of commands) {
      const taken = await this.runs.insertQueued(tx, mode, command);
      if (taken === 'by_dry_run') await this.takeOver(tx, command as Envelope<Execute>);
    }
    tx.afterCommit(() => this.loop.nudge());
  }

  /** Nobody confirms dry runs, so one of the two is forged: it is the other one, when somebody stands by the execute. */
  private async takeOver(tx: Transaction, command: Envelope<Execute>): Promise<void> {
    const context = { ...causedBy(command), actor: { kind: 'service' as const, id: 'runner' } };
    if (await this.dispatches.confirms(command.data, command, context)) await this.runs.replaceQueued(tx, command);
  }
}
