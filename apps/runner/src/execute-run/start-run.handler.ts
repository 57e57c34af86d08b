import { Injectable } from '@nestjs/common';
import { type RejectionCode, readPosture, settleUse } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { decide } from '@reenact/posture';
import { Clock, crashPoint } from '@reenact/service-kit';
import { toldSwitch } from '../domain/told-switch.js';
import { postureFaults } from '../domain/verify-bindings.js';
import { ExecutionSwitches } from '../store/execution-switch.store.js';
import type { RunLease } from '../store/run-lease.js';
import { contextOf } from '../store/run-row.js';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { Paused } from '../take-runs/paused.js';
import { SharedCalls } from '../take-runs/shared-calls.js';
import { Refused, refuseFor } from './refused.js';
import type { VerifiedRun } from './verify-run.handler.js';

/** The start: one row decides it, then the approval's only use is settled, then the posture of this moment has its say. */
@Injectable()
export class StartRunHandler {
  constructor(
    private readonly rpc: RpcClient,
    private readonly calls: SharedCalls,
    private readonly switches: ExecutionSwitches,
    private readonly clock: Clock,
  ) {}

  /** Answers false when a cancel came in between and ended the run. Throws Refused or Paused; no answer, no start. */
  async start(lease: RunLease, run: VerifiedRun, patience: Patience): Promise<boolean> {
    if (lease.row.withdraw !== null) {
      await lease.move('withdraw', { codes: [lease.row.withdraw] });
      return false;
    }
    await this.passSwitch(run.header.environmentId, patience);
    // What stands against the start already does not cost the approval its only use.
    if (run.command.approvalId !== undefined) await this.askPosture(lease, run, patience);
    if (lease.row.state === 'verifying' && !(await lease.begin(run.command.startBy))) {
      throw new Refused(['start_by_passed'], 'it could not be started in time');
    }
    await this.settle(lease, run, patience);
    crashPoint('runner.after-settle');
    await this.askPosture(lease, run, patience);
    return lease.write(async (tx, row) => {
      const cancelled = row.withdraw !== null;
      await lease.moveIn(tx, cancelled ? 'withdraw' : 'start', cancelled ? { codes: [row.withdraw as string] } : {});
      return !cancelled;
    });
  }

  /** Paused, it waits as long as it may still start. */
  private async passSwitch(environmentId: string, { goesOn }: Patience): Promise<void> {
    const found = await this.switches.find(environmentId);
    if (found?.state === 'stopped') throw new Refused(['environment_frozen'], toldSwitch(found));
    if (found?.state !== 'paused') return;
    if (goesOn?.() === false)
      throw new Refused(['start_by_passed'], `it was not started before its start-by: ${toldSwitch(found)}`);
    throw new Paused();
  }

  private async settle(lease: RunLease, { command }: VerifiedRun, patience: Patience): Promise<void> {
    const { approvalId, replayId } = command;
    if (approvalId === undefined) return;
    const ask = () => this.rpc.call(settleUse, { approvalId, replayId }, contextOf(lease.row));
    const { settled, code } = await patiently(ask, patience);
    if (!settled) throw new Refused([code ?? 'approval_used'], 'the approval cannot be used');
  }

  private async askPosture(lease: RunLease, run: VerifiedRun, patience: Patience): Promise<void> {
    const { command, header, credential } = run;
    const ask = () => this.calls.ask(readPosture, { environmentId: header.environmentId }, contextOf(lease.row));
    const record = await patiently(ask, patience);
    refuseFor(postureFaults(command, record, credential), 'the posture is not the one of the check');
    const said = decide({
      posture: record.posture,
      mode: 'execute',
      otherVersion: command.runSpecHash !== command.specHash,
      capabilities: header.capabilities,
      now: this.clock.now(),
    });
    const codes: RejectionCode[] = [...said.codes];
    if (said.needsApproval && !credential) codes.push('approval_missing');
    if (said.needsDryRun && command.planDigest === undefined) codes.push('dry_run_missing');
    if (said.frozen) throw new Refused(codes, `the environment is frozen until ${said.frozen.to}: ${said.frozen.reason}`);
    refuseFor(codes, 'the posture does not let it start');
  }
}
