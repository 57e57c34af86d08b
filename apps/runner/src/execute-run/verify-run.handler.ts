import { Inject, Injectable } from '@nestjs/common';
import { canonicalSha256, type Execute, type PlanHeader, type PostureRecord, type Target } from '@reenact/contracts';
import type { ApprovalPayload } from '@reenact/credentials';
import type { ObjectStore } from '@reenact/object-store';
import { Clock } from '@reenact/service-kit';
import {
  credentialFaults,
  evidenceFaults,
  type PlanFacts,
  planFaults,
  postureFaults,
  type RunScope,
} from '../domain/verify-bindings.js';
import { TargetResolver } from '../egress/target-resolver.js';
import type { PlanRecording } from '../make-plan/plan-recording.js';
import { type MadePlan, type PlanInputs, PlanMaker } from '../make-plan/plan-maker.js';
import { RunReports } from '../make-plan/run-reports.js';
import { OBJECTS } from '../runner.config.js';
import type { RunLease } from '../store/run-lease.js';
import { contextOf, scopeOf } from '../store/run-row.js';
import { DispatchCheck } from '../take-runs/dispatch-check.js';
import { type Patience, patiently } from '../take-runs/patiently.js';
import type { Pulse } from '../take-runs/pulse.js';
import { CredentialCheck } from './credential-check.js';
import { Refused, refuseFor } from './refused.js';

/** A run that may be started or gone on with, as far as this runner could see for itself. */
export interface VerifiedRun {
  command: Execute;
  inputs: PlanInputs;
  built: MadePlan;
  header: PlanHeader;
  credential: ApprovalPayload | undefined;
  targets: Map<string, Target>;
}

/** Looks at everything that a run rests on: the command, the evidence, the plan made anew, the credential, the targets. */
@Injectable()
export class VerifyRunHandler {
  constructor(
    private readonly dispatches: DispatchCheck,
    private readonly maker: PlanMaker,
    private readonly credentials: CredentialCheck,
    private readonly resolver: TargetResolver,
    private readonly reports: RunReports,
    private readonly clock: Clock,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  /** Leaves the plan in the recording. Throws Refused. A run that has begun is not judged by the clocks of its start again. */
  async verify(lease: RunLease, pulse: Pulse, recording: PlanRecording, patience: Patience): Promise<VerifiedRun> {
    const { row } = lease;
    const command = row.command as Execute;
    const context = contextOf(row);
    const begun = row.state !== 'verifying';
    // First of all: only a command that somebody stands by has a say in what becomes of its replay.
    await this.confirm(lease, command, patience);
    if (row.project_id === null || row.environment_id === null)
      throw new Refused(['environment_unresolved'], 'the command names no place');
    const scope: RunScope = { orgId: row.org_id, projectId: row.project_id, environmentId: row.environment_id };
    const credential = await this.credentials.verify(command, scope.orgId, context, patience);
    const inputs = await this.maker.gather(command, context, patience);
    refuseFor(evidenceFaults(command, inputs.artifact, scope), 'the evidence does not fit the command');
    const posture = await this.posture(lease, command, credential, scope, patience);
    const { targets } = command;
    const options = { posture, targets, salt: command.dryRunId ?? command.replayId, now: this.clock.now() };
    const built = await this.maker.make(command, inputs, options, recording, pulse);
    const plan: PlanFacts = { header: built.header as PlanHeader, planDigest: built.planDigest };
    refuseFor(planFaults(command, plan, scope), 'the plan made anew is not the one commanded');
    if (row.plan_digest !== null && row.plan_digest !== plan.planDigest) {
      throw new Refused(['plan_mismatch'], 'the plan made anew is not the one of an earlier attempt');
    }
    const now = begun ? undefined : this.clock.now();
    if (credential)
      refuseFor(credentialFaults(credential, { ...plan, command, scope, now }), 'the credential does not cover this run');
    const resolved = await this.resolver.resolve(plan.header, context, patience);
    await recording.publish(this.objects, lease.replayId);
    if (row.plan_digest === null) {
      // Where no dry run left a report, this one stands should the run be given up.
      if (command.dryRunId === undefined) await this.reports.store(row, built);
      await lease.keepPlan(posture, plan.header, plan.planDigest, built.report.input.scanned);
    }
    return { command, inputs, built, header: plan.header, credential, targets: resolved };
  }

  /** A command that the orchestrator did not send, or no longer stands by, goes no further. */
  private async confirm({ row }: RunLease, command: Execute, patience: Patience): Promise<void> {
    if (canonicalSha256(command) !== row.command_digest)
      throw new Refused(['plan_mismatch'], 'the command is not the one that was received');
    if (!(await patiently(() => this.dispatches.confirms(command, scopeOf(row), contextOf(row)), patience)))
      throw new Refused(['plan_mismatch'], 'the orchestrator does not stand by this command', { unconfirmed: true });
  }

  /**
   * The posture that the plan is made under. Later attempts make it under the same one, or they would make another plan; it
   * decides nothing but the plan's digest, which is compared.
   */
  private async posture(
    lease: RunLease,
    command: Execute,
    credential: ApprovalPayload | undefined,
    { environmentId }: RunScope,
    patience: Patience,
  ): Promise<PostureRecord> {
    if (lease.row.posture) return lease.row.posture;
    const posture = await this.maker.posture(environmentId, contextOf(lease.row), patience);
    refuseFor(postureFaults(command, posture, credential), 'the posture is not the one of the check');
    return posture;
  }
}
