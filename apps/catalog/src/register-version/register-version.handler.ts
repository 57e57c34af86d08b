import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  newId,
  type PipelineVersion,
  Problem,
  type Project,
  type RegisterVersion,
  versionRegistered,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { parseSpec, type PipelineSpec, specHash } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { ProjectStore } from '../store/project.store.js';
import { type StoredVersion, VersionStore } from '../store/version.store.js';

/** A version crosses NATS whole. */
const MAX_SPEC_BYTES = 256 * 1024;

export interface Registered {
  version: PipelineVersion;
  existed: boolean;
}

@Injectable()
export class RegisterVersionHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly projects: ProjectStore,
    private readonly versions: VersionStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  execute({ projectId, pipeline, spec: json }: RegisterVersion, context: CallContext): Promise<Registered> {
    return this.work.run(async (tx) => {
      const project = await this.projects.find(tx, projectId);
      if (!project) throw new Problem('not_found');
      const spec = checkedSpec(json, pipeline);
      const { stored, existed } = await this.store(tx, project, spec);
      const { version } = stored;
      if (existed && version.state === 'active') return { version, existed };
      const registered = existed ? await this.versions.setState(tx, version.id, 'active') : stored;
      await this.outbox.add(tx, context, [
        {
          contract: versionRegistered,
          data: { versionId: version.id, pipeline, specHash: version.specHash },
          orgId: project.orgId,
          projectId,
          aggregate: { id: version.id, version: registered.aggregateVersion },
        },
      ]);
      return { version: registered.version, existed };
    });
  }

  private async store(
    tx: Transaction,
    project: Project,
    spec: PipelineSpec,
  ): Promise<{ stored: StoredVersion; existed: boolean }> {
    const { id: projectId, orgId } = project;
    const hash = specHash(spec);
    const inserted = await this.versions.insert(tx, {
      id: newId('version'),
      orgId,
      projectId,
      pipeline: spec.name,
      specHash: hash,
      spec,
      createdAt: this.clock.now().toISOString(),
    });
    if (inserted) return { stored: inserted, existed: false };
    return { stored: await this.versions.lockBySpec(tx, projectId, hash), existed: true };
  }
}

function checkedSpec(json: object, pipeline: string): PipelineSpec {
  const bytes = Buffer.byteLength(JSON.stringify(json));
  if (bytes > MAX_SPEC_BYTES) throw invalid('', `must be at most ${MAX_SPEC_BYTES} bytes`);
  const spec = parseSpec(json);
  if (spec.name !== pipeline) throw invalid('/name', `must be ${pipeline}, the pipeline that it is registered under`);
  return spec;
}

function invalid(path: string, message: string): Problem {
  return new Problem('spec_invalid', { detail: message, errors: [{ path, message }] });
}
