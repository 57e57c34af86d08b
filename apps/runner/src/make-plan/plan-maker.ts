import type { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Artifact,
  type ArtifactSource,
  type BlobKey,
  type CallContext,
  openArtifact,
  type PostureRecord,
  Problem,
  pinTargets,
  type RunSource,
  readPosture,
  type Sha256,
} from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import {
  type AuditV1Input,
  type Bundle,
  buildPlan,
  type BuiltPlan,
  type CompiledPipeline,
  type KnownTarget,
  openBundle,
} from '@reenact/pipeline';
import { decide } from '@reenact/posture';
import { OBJECTS } from '../runner.config.js';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { SharedCalls } from '../take-runs/shared-calls.js';
import type { Pulse } from '../take-runs/pulse.js';
import { breather } from './breather.js';
import { KnownVersions } from './known-versions.js';
import type { PlanRecording } from './plan-recording.js';

/** Evidence of this size is read once and held; larger one is read again for each pass. */
const MEMORY_BYTES = 1024 * 1024;

/** What a plan is made of, read from those who own it. */
export interface PlanInputs {
  artifact: Artifact;
  blob: BlobKey;
  streamId: string;
  pipeline: CompiledPipeline;
  /** Of the version that the evidence names, where another one runs. */
  recordedPipeline?: CompiledPipeline;
}

export interface PlanOptions {
  posture: PostureRecord;
  targets: readonly KnownTarget[];
  /** Names the effects of a run that does things again: the dry run's id, so that both modes plan the same. */
  salt: string;
  now: Date;
}

/** A plan, and what the audit form of its report names beside it. */
export interface MadePlan extends BuiltPlan {
  audited: Pick<AuditV1Input, 'spec' | 'bundle' | 'journal' | 'environment' | 'decide'>;
}

/** Makes plans: the same for both modes. Knows targets by name and revision, never where they are. */
@Injectable()
export class PlanMaker {
  constructor(
    private readonly calls: SharedCalls,
    private readonly versions: KnownVersions,
    @Inject(OBJECTS) private readonly objects: ObjectStore,
  ) {}

  async gather(command: RunSource, context: CallContext, patience: Patience): Promise<PlanInputs> {
    const [source, recorded, toRun] = await Promise.all([
      patiently<ArtifactSource>(() => this.calls.ask(openArtifact, { artifactId: command.artifactId }, context), patience),
      this.versions.get(command.recordedVersionId, context, patience),
      this.versions.get(command.runVersionId, context, patience),
    ]);
    const { pipeline } = toRun;
    const { artifact } = source;
    if (recorded.specHash !== command.specHash || pipeline.specHash !== command.runSpecHash) {
      throw new Problem('spec_hash_unresolved', { detail: 'a version has not the spec hash that was commanded' });
    }
    if (toRun.projectId !== artifact.projectId || recorded.projectId !== artifact.projectId) {
      throw new Problem('spec_hash_unresolved', { detail: 'a version belongs to another project' });
    }
    const recordedPipeline = recorded.specHash === pipeline.specHash ? undefined : recorded.pipeline;
    return { artifact, blob: source.blob, streamId: source.streamId, pipeline, recordedPipeline };
  }

  posture(environmentId: string, context: CallContext, patience: Patience): Promise<PostureRecord> {
    return patiently(() => this.calls.ask(readPosture, { environmentId }, context), patience);
  }

  /** The targets of now that the pipeline names; unknown ones are left out. */
  async pin({ artifact, pipeline }: PlanInputs, context: CallContext, patience: Patience): Promise<KnownTarget[]> {
    const names = [...new Set(pipeline.spec.stages.flatMap((stage) => (stage.kind === 'action' ? [stage.action.target] : [])))];
    if (names.length === 0) return [];
    const request = { environmentId: artifact.environmentId, names };
    return (await patiently(() => this.calls.ask(pinTargets, request, context), patience)).targets;
  }

  /** Runs the pipeline over the evidence; what it would do goes to the recording and nowhere else. */
  async make(
    command: RunSource,
    inputs: PlanInputs,
    options: PlanOptions,
    recording: PlanRecording,
    pulse: Pulse,
  ): Promise<MadePlan> {
    const { artifact, pipeline, recordedPipeline, streamId, blob } = inputs;
    const bundle = await this.open(command, blob);
    const words = new Map(
      decide({
        posture: options.posture.posture,
        mode: 'execute',
        otherVersion: command.runSpecHash !== command.specHash,
        capabilities: pipeline.capabilities,
        now: options.now,
      }).capabilities.map(({ capability, decision }) => [capability, decision]),
    );
    const decideOn = (capability: string) => words.get(capability) ?? 'deny';
    pulse.progress.recordsTotal = bundle.manifest.journal?.records;
    const built = await buildPlan({
      artifactSha256: command.artifactSha256 as Sha256,
      specHash: command.specHash as Sha256,
      pipeline,
      recordedPipeline,
      projectId: artifact.projectId,
      environmentId: artifact.environmentId,
      streamId,
      selection: command.selection,
      include: command.include,
      again: command.again,
      ...(command.again && { salt: options.salt }),
      targets: options.targets,
      records: () => bundle.records(),
      outcomes: () => bundle.outcomes(),
      decide: decideOn,
      onAction: (action, payload) => recording.record(action, payload),
      onProgress: ({ records }) => {
        pulse.progress.records = records;
      },
      breathe: breather(),
      signal: pulse.signal,
    });
    await recording.close();
    const { manifest } = bundle;
    const { spec } = pipeline;
    const path = manifest.files.find(({ role }) => role === 'journal')?.path ?? '';
    const audited = {
      spec,
      bundle: artifact.id,
      journal: { lane: manifest.journal?.lane ?? spec.input, path },
      environment: options.posture.posture.tier,
      decide: decideOn,
    };
    return { ...built, audited };
  }

  /** The bundle, once its bytes have shown the digest that was commanded. */
  private async open(command: RunSource, blob: BlobKey): Promise<Bundle> {
    const read = blob.size > MEMORY_BYTES ? () => this.objects.read(blob.key) : await inMemory(await this.objects.read(blob.key));
    const bundle = await openBundle(read, command.artifactSha256);
    if (bundle.manifest.specHash !== command.specHash) {
      throw new Problem('spec_hash_unresolved', { detail: 'the bundle names another spec' });
    }
    return bundle;
  }
}

async function inMemory(stream: Readable): Promise<() => AsyncIterable<Uint8Array>> {
  const bytes = Buffer.concat(await stream.toArray());
  return async function* () {
    yield bytes;
  };
}
