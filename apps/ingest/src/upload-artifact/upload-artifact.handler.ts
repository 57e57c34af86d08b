import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Artifact, artifactStored, type CallContext, newId, Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { ObjectStore, ObjectWriter } from '@reenact/object-store';
import { crashPoint, type Transaction, UnitOfWork } from '@reenact/persistence';
import { type ArtifactFacts, inspectArtifact } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { type ArtifactFields, assertFactsFit } from '../domain/artifact-fields.js';
import { type NewArtifact, newArtifactRow, storedEntries, storedEvent } from '../domain/new-artifact.js';
import type { IngestLimits } from '../domain/limits.js';
import type { AgentPrincipal } from '../domain/principal.js';
import { LIMITS, OBJECT_STORE } from '../ingest.tokens.js';
import { toArtifact } from '../domain/artifact-row.js';
import { ArtifactStore } from '../store/artifact.store.js';
import { type Blob, BlobStore } from '../store/blob.store.js';
import { QuarantineBlobHandler } from '../scrub-blobs/quarantine-blob.handler.js';
import { RemoveBlobHandler } from '../sweep-blobs/remove-blob.handler.js';
import { Intake } from './intake.js';
import type { Upload } from './read-upload.js';

const REMOVAL_LOOK_MS = 100;
const REMOVAL_LOOKS = 100;

export interface UploadAnswer {
  artifact: Artifact;
  deduplicated: boolean;
}

@Injectable()
export class UploadArtifactHandler {
  private readonly logger = new Logger('upload-artifact');

  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    @Inject(LIMITS) private readonly limits: IngestLimits,
    private readonly blobs: BlobStore,
    private readonly artifacts: ArtifactStore,
    private readonly work: UnitOfWork,
    private readonly removal: RemoveBlobHandler,
    private readonly quarantine: QuarantineBlobHandler,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Takes the bytes in one pass. Whatever it throws, nothing of the upload stays. */
  async upload(agent: AgentPrincipal, upload: Upload, context: CallContext): Promise<UploadAnswer> {
    const receivedAt = this.clock.now();
    const writer = await this.objects.write();
    try {
      const intake = new Intake(upload.file, writer.stream);
      const facts = await inspectArtifact(upload.fields.type, intake.bytes(), this.limits.artifact);
      await intake.drain();
      const sha256 = intake.digest();
      await upload.end(sha256);
      assertAsDeclared(upload.fields, facts, sha256, agent);
      crashPoint('ingest.before-record');
      return await this.record({ agent, fields: upload.fields, facts, sha256, receivedAt }, writer, context);
    } finally {
      await writer.abort().catch((error: unknown) => this.logger.error(`a staged upload is left to the sweep: ${String(error)}`));
    }
  }

  private async record(artifact: NewArtifact, writer: ObjectWriter, context: CallContext): Promise<UploadAnswer> {
    const { agent, sha256, facts } = artifact;
    const key = `blobs/${agent.orgId}/${sha256.slice('sha256:'.length)}`;
    const blob = { orgId: agent.orgId, sha256, key, size: facts.size };
    try {
      return await this.complete(artifact, blob, writer, context);
    } catch (error) {
      await this.removal
        .discard(blob)
        .catch((failure: unknown) => this.logger.error(`${key} is left to the sweep: ${String(failure)}`));
      throw error;
    }
  }

  /** Waits where an object of the same bytes is being removed. Throws `try_later` when that takes long. */
  private async complete(artifact: NewArtifact, blob: Blob, writer: ObjectWriter, context: CallContext): Promise<UploadAnswer> {
    let written = false;
    for (let attempt = 0; attempt < REMOVAL_LOOKS; attempt += 1) {
      await this.blobs.announce(this.work, blob, this.clock.now());
      const answer = await this.work.run(async (tx) => {
        const kept = await this.blobs.keep(tx, blob, this.clock.now());
        if (!kept) return undefined;
        // Also for bytes that are known: an object that was lost is there again. Once, since the transaction may be tried again.
        if (!written) await (kept.corrupt ? writer.replace(blob.key) : writer.commit(blob.key));
        else await this.assertStillThere(blob);
        written = true;
        crashPoint('ingest.after-object-before-record');
        if (kept.corrupt) await this.quarantine.lift(tx, blob, context);
        return this.insert(tx, artifact, context);
      });
      if (answer) return answer;
      await setTimeout(REMOVAL_LOOK_MS);
    }
    throw new Problem('try_later', { detail: 'An object of these bytes is being removed' });
  }

  /** Between two tries of the transaction nothing holds the row, so that a removal may have come in between. */
  private async assertStillThere({ key, size }: Blob): Promise<void> {
    const found = await this.objects.stat(key);
    if (found?.size !== size) throw new Problem('try_later', { detail: 'The object was removed in between' });
  }

  private async insert(tx: Transaction, artifact: NewArtifact, context: CallContext): Promise<UploadAnswer> {
    const { agent, fields, sha256, facts } = artifact;
    const row = await this.artifacts.insert(tx, newArtifactRow(newId('artifact'), artifact), storedEntries(facts));
    if (row) {
      await this.outbox.add(tx, context, [storedEvent(row, facts, artifactStored)]);
      return { artifact: toArtifact(row), deduplicated: false };
    }
    const known = await this.artifacts.findOfAgent(tx, agent.agentId, sha256, fields.type);
    if (!known) throw new Problem('internal', { detail: 'an artifact is neither new nor known' });
    return { artifact: toArtifact(known), deduplicated: true };
  }
}

function assertAsDeclared(fields: ArtifactFields, facts: ArtifactFacts, sha256: string, agent: AgentPrincipal): void {
  if (fields.sha256 !== undefined && fields.sha256 !== sha256) {
    throw new Problem('digest_mismatch', { detail: `The bytes have ${sha256}`, members: { actual: sha256 } });
  }
  assertFactsFit(facts, fields, agent);
}
