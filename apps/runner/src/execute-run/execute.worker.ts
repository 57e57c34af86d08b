import { Inject, Injectable } from '@nestjs/common';
import { type Execute, type PlanHeader, Problem } from '@reenact/contracts';
import type { ReportActions } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { toldSwitch } from '../domain/told-switch.js';
import { PlanRecording } from '../make-plan/plan-recording.js';
import type { MadePlan } from '../make-plan/plan-maker.js';
import { RunReports } from '../make-plan/run-reports.js';
import { type ExecutePoolConfig, RUNNER_CONFIG } from '../runner.config.js';
import { EffectLedger } from '../store/effect-ledger.store.js';
import { ExecutionSwitches } from '../store/execution-switch.store.js';
import { RunStore } from '../store/run.store.js';
import type { RunEnd, RunLease } from '../store/run-lease.js';
import type { Pulse } from '../take-runs/pulse.js';
import { RunWorker } from '../take-runs/run-worker.js';
import { type Performed, PerformPlanHandler } from './perform-plan.handler.js';
import { Refused, refusalOf, saidOf } from './refused.js';
import { StartRunHandler } from './start-run.handler.js';
import { VerifyRunHandler } from './verify-run.handler.js';

/** Takes an execute run through verifying, starting and performing, from wherever an earlier attempt left it. */
@Injectable()
export class ExecuteWorker extends RunWorker {
  readonly mode = 'execute';

  constructor(
    @Inject(RUNNER_CONFIG) private readonly config: ExecutePoolConfig,
    private readonly verifier: VerifyRunHandler,
    private readonly starter: StartRunHandler,
    private readonly performer: PerformPlanHandler,
    private readonly ledger: EffectLedger,
    private readonly reports: RunReports,
    private readonly runs: RunStore,
    private readonly switches: ExecutionSwitches,
    private readonly clock: Clock,
  ) {
    super();
  }

  async perform(lease: RunLease, pulse: Pulse): Promise<void> {
    const recording = new PlanRecording(this.config.scratchDirectory);
    try {
      await this.execute(lease, pulse, recording);
    } catch (error) {
      await this.refuse(lease, this.asRefusal(lease, error));
    } finally {
      await recording.remove();
    }
  }

  async giveUp(lease: RunLease): Promise<void> {
    const detail = 'It was tried too often.';
    if (lease.row.state !== 'running') return lease.move('exhaust', { codes: ['start_by_passed'], detail });
    await this.reportUnfinished(lease);
    await this.end(lease, 'fail', { codes: ['internal'], detail });
  }

  private async execute(lease: RunLease, pulse: Pulse, recording: PlanRecording): Promise<void> {
    const { startBy } = lease.row.command as Execute;
    // Before the start, patience ends with start-by; afterwards after a while, and another attempt goes on.
    const started = lease.row.state === 'running';
    const patience = { signal: pulse.signal, ...(!started && { goesOn: () => this.clock.now() < new Date(startBy) }) };
    const run = await this.verifier.verify(lease, pulse, recording, patience);
    if (!started && !(await this.starter.start(lease, run, patience))) return;
    await this.conclude(lease, run.built, await this.performer.perform(lease, pulse, run, recording));
  }

  private async conclude(lease: RunLease, built: MadePlan, performed: Performed): Promise<void> {
    await this.reports.store(lease.row, built, await this.actions(lease));
    if (performed.kind === 'succeed') return lease.move('succeed');
    const { kind, detail } = performed;
    if (kind === 'cancel') return this.end(lease, kind, await this.stopped(lease, detail));
    await this.end(lease, kind, { codes: [kind === 'fail' ? 'action_failed' : 'action_indeterminate'], detail });
  }

  /** Who cancelled is known where the cancel was asked for; who stopped the environment only here. */
  private async stopped({ row }: RunLease, detail: string | undefined): Promise<RunEnd> {
    if (row.withdraw !== null) return { codes: [row.withdraw] };
    const found = row.environment_id === null ? undefined : await this.switches.find(row.environment_id);
    // Let go on in the meantime, it does not say any more who had stopped it.
    return { codes: ['stopped'], detail: found?.state === 'stopped' ? `${toldSwitch(found)}.` : detail };
  }

  private async reportUnfinished(lease: RunLease): Promise<void> {
    const { dryRunId = lease.replayId } = lease.row.command as Execute;
    await this.reports.storeAs(lease.row, dryRunId, await this.actions(lease));
  }

  private async actions(lease: RunLease): Promise<ReportActions> {
    const { started, done, failed, indeterminate, already_done } = await this.ledger.counts(lease.replayId);
    const { actions, alreadyDone, inputRedacted } = lease.row.header as PlanHeader;
    // One that is only begun is ended with the run.
    const unsuccessful = started + failed + indeterminate;
    return {
      done,
      failed: unsuccessful,
      alreadyDone: alreadyDone + already_done,
      notStarted: actions - done - unsuccessful - already_done,
      ...(inputRedacted !== undefined && { inputRedacted }),
    };
  }

  /** Ends a run short of success, and what it had begun with it: an action of which nobody knows makes it indeterminate. */
  private async end(lease: RunLease, on: 'cancel' | 'fail' | 'indeterminate', end: RunEnd): Promise<void> {
    await lease.write(async (tx, row) => {
      const unknown = await this.ledger.abandon(tx, row);
      await lease.moveIn(tx, unknown ? 'indeterminate' : on, end);
    });
  }

  /** What an error means for the run. Rethrows what another attempt may get past. */
  private asRefusal({ row }: RunLease, error: unknown): Refused {
    if (error instanceof Refused) return error;
    if (!(error instanceof Problem)) throw error;
    if (error.retry === 'never') return refusalOf(error);
    const late = this.clock.now() >= new Date((row.command as Execute).startBy);
    if (row.state === 'running' || !late) throw error;
    return new Refused(['start_by_passed'], error.message);
  }

  /** Before the start nothing was done. */
  private async refuse(lease: RunLease, refusal: Refused): Promise<void> {
    const end = { codes: refusal.codes, detail: saidOf(refusal) };
    if (lease.row.state === 'verifying' && refusal.options.unconfirmed) return this.disown(lease, end);
    if (lease.row.state !== 'running') return lease.move('refuse', end);
    await this.reportUnfinished(lease);
    await this.end(lease, 'fail', end);
  }

  /** The command is not heeded; the replay keeps waiting for the one that was sent. */
  private disown(lease: RunLease, end: RunEnd): Promise<void> {
    return lease.write(async (tx) => {
      await lease.moveIn(tx, 'unconfirm', { ...end, unconfirmed: true });
      await this.runs.takeRival(tx, lease.replayId);
    });
  }
}
