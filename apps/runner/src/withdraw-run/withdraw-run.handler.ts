import { Injectable } from '@nestjs/common';
import { type Envelope, judgeWithdraw, type Withdraw } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { toldSwitch } from '../domain/told-switch.js';
import { ExecutionSwitches } from '../store/execution-switch.store.js';
import { RunStore } from '../store/run.store.js';
import { contextOf, type RunRow, runFact } from '../store/run-row.js';

/** Ends a run that has not begun, or leaves word for whoever works on it. */
@Injectable()
export class WithdrawRunHandler {
  constructor(
    private readonly runs: RunStore,
    private readonly switches: ExecutionSwitches,
    private readonly outbox: Outbox,
  ) {}

  async withdraw(tx: Transaction, envelope: Envelope<Withdraw>): Promise<void> {
    const { replayId, reason, mode } = envelope.data;
    // Before its command: the row that stays behind refuses it.
    const early = await this.runs.insertWithdrawn(tx, envelope);
    if (early) return this.tell(tx, early);
    const row = (await this.runs.lock(tx, replayId)) as RunRow;
    const verdict = judgeWithdraw({ mode: row.mode, state: row.state, reason, asked: mode ?? row.mode });
    if (verdict === 'note') await this.runs.noteWithdraw(tx, replayId, reason);
    // Nobody stood by the command that was refused, so the replay still waits for its answer.
    if (verdict === 'end' || row.unconfirmed)
      await this.tell(tx, await this.runs.endWithdrawn(tx, envelope.data, await this.heldBy(tx, row, envelope.data)));
  }

  /** What kept it from the start until start-by, where somebody holds back the executes of its environment. */
  private async heldBy(tx: Transaction, { environment_id }: RunRow, { reason, mode }: Withdraw): Promise<string | undefined> {
    if (reason !== 'start_by' || mode === 'dry_run' || environment_id === null) return undefined;
    const found = await this.switches.find(environment_id, tx);
    return found && found.state !== 'running' ? `${toldSwitch(found)}.` : undefined;
  }

  private async tell(tx: Transaction, row: RunRow): Promise<void> {
    await this.outbox.add(tx, contextOf(row), [runFact(row, 'withdrawn')]);
  }
}
