import { Inject, Injectable } from '@nestjs/common';
import { type DryRun, type PlanHeader, Problem } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { Clock } from '@reenact/service-kit';
import { PlanRecording } from '../make-plan/plan-recording.js';
import { PlanMaker } from '../make-plan/plan-maker.js';
import { RunReports } from '../make-plan/run-reports.js';
import { OBJECTS, RUNNER_CONFIG, type RunnerPoolConfig } from '../runner.config.js';
import { EffectReads } from '../store/effect-reads.store.js';
import type { RunLease } from '../store/run-lease.js';
import { contextOf } from '../store/run-row.js';
import { type Pulse, Withdrawn } from '../take-runs/pulse.js';
import { RunWorker } from '../take-runs/run-worker.js';
import { countDoneBefore } from './done-before.js';

/** Makes a plan and a report, and performs nothing: nothing it is built with could. */
@Injectable()
export class DryRunWorker extends RunWorker {
  readonly mode = 'dry_run';

  constructor(
    @Inject(RUNNER_CONFIG) private readonly config: RunnerPoolConfig,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
    private readonly maker: PlanMaker,
    private readonly reports: RunReports,
    private readonly effects: EffectReads,
    private readonly clock: Clock,
  ) {
    super();
  }

  async perform(lease: RunLease, pulse: Pulse): Promise<void> {
    const recording = new PlanRecording(this.config.scratchDirectory);
    try {
      await this.plan(lease, pulse, recording);
    } catch (error) {
      if (error instanceof Withdrawn) return lease.move('cancel', { codes: [lease.row.withdraw ?? 'cancel'] });
      if (!(error instanceof Problem) || error.retry === 'later') throw error;
      await lease.move('fail', { codes: [error.code], detail: error.message });
    } finally {
      await recording.remove();
    }
  }

  giveUp(lease: RunLease): Promise<void> {
    return lease.move('exhaust', { codes: ['internal'], detail: 'It was tried too often.' });
  }

  private async plan(lease: RunLease, pulse: Pulse, recording: PlanRecording): Promise<void> {
    const command = lease.row.command as DryRun;
    const context = contextOf(lease.row);
    const patience = { signal: pulse.signal };
    const inputs = await this.maker.gather(command, context, patience);
    const posture = await this.maker.posture(inputs.artifact.environmentId, context, patience);
    const targets = await this.maker.pin(inputs, context, patience);
    const options = { posture, targets, salt: lease.replayId, now: this.clock.now() };
    const built = await this.maker.make(command, inputs, options, recording, pulse);
    await recording.publish(this.objects, lease.replayId);
    const { environmentId } = inputs.artifact;
    const doneByEarlierReplays = await countDoneBefore(this.effects, environmentId, recording.actions(), pulse.signal);
    const { actions } = built.report;
    await this.reports.store(lease.row, built, doneByEarlierReplays > 0 ? { ...actions, doneByEarlierReplays } : actions);
    await lease.keepPlan(posture, built.header as PlanHeader, built.planDigest, built.report.input.scanned);
    await lease.move('succeed');
  }
}
