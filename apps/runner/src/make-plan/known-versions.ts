import { Injectable } from '@nestjs/common';
import { type CallContext, type PipelineVersion, readVersion } from '@reenact/contracts';
import { type CompiledPipeline, compileSpec, parseSpec } from '@reenact/pipeline';
import { type Patience, patiently } from '../take-runs/patiently.js';
import { SharedCalls } from '../take-runs/shared-calls.js';

/** What never changes of a version. */
export interface KnownVersion extends Pick<PipelineVersion, 'projectId' | 'specHash'> {
  pipeline: CompiledPipeline;
}

const MOST = 64;

/** Versions as they were registered, compiled; those asked for last are kept. */
@Injectable()
export class KnownVersions {
  private readonly known = new Map<string, KnownVersion>();

  constructor(private readonly calls: SharedCalls) {}

  async get(versionId: string, context: CallContext, patience: Patience): Promise<KnownVersion> {
    const version = this.known.get(versionId) ?? (await this.read(versionId, context, patience));
    this.known.delete(versionId);
    this.known.set(versionId, version);
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MOST) break;
      this.known.delete(oldest);
    }
    return version;
  }

  private async read(versionId: string, context: CallContext, patience: Patience): Promise<KnownVersion> {
    const { projectId, specHash, spec } = await patiently(() => this.calls.ask(readVersion, { versionId }, context), patience);
    return { projectId, specHash, pipeline: compileSpec(parseSpec(spec)) };
  }
}
