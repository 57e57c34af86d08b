import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  checkApproval,
  type DryRunFacts,
  type DsseEnvelope,
  type PipelineVersion,
  Problem,
  pinTargets,
  readCredential,
  readDryRun,
  readReplayFacts,
  type ReplayFacts,
} from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { Clock } from '@reenact/service-kit';
import { asksApproval } from '../domain/evaluate-checks.js';
import { targetNames } from '../domain/planned-effects.js';
import type { Readings } from '../domain/readings.js';
import type { ReplayRecord } from '../domain/replay.js';

/** Together shorter than the lease of a claim. */
const TIMEOUT = { timeoutMs: 3_000 };

/** What was asked of the catalogue in one turn: replays of one place ask the same. */
export type Asked = Map<string, Promise<ReplayFacts>>;

/** Asks the owners for all that the checks look at. Holds no lock, changes nothing. */
@Injectable()
export class ReadFacts {
  constructor(
    private readonly rpc: RpcClient,
    private readonly clock: Clock,
  ) {}

  /** Throws what an owner could not answer. */
  async read(replay: ReplayRecord, context: CallContext, asked: Asked): Promise<Readings> {
    const dryRun = await this.dryRun(replay, context);
    const facts = await this.facts(replay, dryRun ?? undefined, context, asked);
    const pins = await this.pins(replay, facts, context);
    const readings: Readings = {
      at: this.clock.now().toISOString(),
      facts,
      ...(dryRun !== undefined && { dryRun }),
      ...(pins && { pins }),
    };
    return { ...readings, ...(await this.approval(replay, readings, context)) };
  }

  // What belongs elsewhere, perhaps to another organisation, is neither told about nor used: its plan would stand in the evidence.
  private async dryRun(replay: ReplayRecord, context: CallContext): Promise<DryRunFacts | null | undefined> {
    const { mode, dryRunId, environmentId } = replay;
    if (mode !== 'execute' || dryRunId === undefined) return undefined;
    const { dryRun } = await this.rpc.call(readDryRun, { replayId: dryRunId }, context, TIMEOUT);
    return dryRun?.environmentId === environmentId ? dryRun : null;
  }

  private facts(replay: ReplayRecord, dryRun: DryRunFacts | undefined, context: CallContext, asked: Asked): Promise<ReplayFacts> {
    const { environmentId, artifact, otherVersionId } = replay;
    const request = {
      environmentId,
      agentId: artifact.agentId,
      ...(artifact.specHash !== undefined && { specHash: artifact.specHash }),
      ...(otherVersionId !== undefined && { versionId: otherVersionId }),
      ...(dryRun?.header && { targets: dryRun.header.targets }),
    };
    const key = JSON.stringify(request);
    const known = asked.get(key) ?? this.rpc.call(readReplayFacts, request, context, TIMEOUT);
    asked.set(key, known);
    return known;
  }

  /** Without a dry run the targets are those that the spec names. */
  private async pins(replay: ReplayRecord, facts: ReplayFacts, context: CallContext): Promise<Readings['pins']> {
    if (replay.mode !== 'execute' || replay.dryRunId !== undefined) return undefined;
    const version = versionToRun(replay, facts);
    const names = version ? targetNames(version.spec) : [];
    if (names.length === 0) return [];
    const { environmentId } = replay;
    return (await this.rpc.call(pinTargets, { environmentId, names }, context, TIMEOUT)).targets;
  }

  private async approval(
    replay: ReplayRecord,
    readings: Readings,
    context: CallContext,
  ): Promise<Pick<Readings, 'approval' | 'credential'>> {
    const { approvalId, dryRunId, mode, environmentId, artifactId, requestedBy } = replay;
    const postureRevision = readings.facts.posture?.revision;
    const planDigest = readings.dryRun?.planDigest;
    const runSpecHash = versionToRun(replay, readings.facts)?.specHash ?? replay.artifact.specHash;
    const planless = dryRunId !== undefined && planDigest === undefined;
    if (approvalId === undefined || postureRevision === undefined || planless || !asksApproval(replay, readings)) return {};
    const request = {
      approvalId,
      requesterId: requestedBy.id,
      action: mode === 'execute' ? ('replay_execute' as const) : ('replay_dry_run' as const),
      environmentId,
      artifactId,
      ...(dryRunId !== undefined && { dryRunId }),
      ...(planDigest !== undefined && { planDigest }),
      ...(mode === 'dry_run' && { selection: replay.selection, ...(runSpecHash !== undefined && { runSpecHash }) }),
      postureRevision,
    };
    const [approval, credential] = await Promise.all([
      this.rpc.call(checkApproval, request, context, TIMEOUT),
      mode === 'execute' ? this.credential(approvalId, context) : Promise.resolve(undefined),
    ]);
    return { approval, ...(credential && { credential }) };
  }

  /** Undefined when there is none: the check says why. */
  private async credential(approvalId: string, context: CallContext): Promise<DsseEnvelope | undefined> {
    try {
      return (await this.rpc.call(readCredential, { approvalId }, context, TIMEOUT)).envelope;
    } catch (error) {
      if (error instanceof Problem && (error.code === 'approval_not_approved' || error.code === 'not_found')) return undefined;
      throw error;
    }
  }
}

function versionToRun({ otherVersionId }: ReplayRecord, { recordedVersion, otherVersion }: ReplayFacts): PipelineVersion | null {
  return (otherVersionId === undefined ? undefined : otherVersion) ?? recordedVersion;
}
