import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type CallContext, Problem } from '@reenact/contracts';
import type { ObjectStore, ObjectWriter } from '@reenact/object-store';
import { crashPoint } from '@reenact/persistence';
import { type ArtifactFacts, inspectArtifact } from '@reenact/pipeline';
import { Clock } from '@reenact/service-kit';
import { type ArtifactFields, assertFactsFit } from '../domain/artifact-fields.js';
import type { NewArtifact } from '../domain/new-artifact.js';
import { artifactLimitsOf, type IngestLimits } from '../domain/limits.js';
import type { AgentPrincipal } from '../domain/principal.js';
import { LIMITS, OBJECT_STORE } from '../ingest.tokens.js';
import { RemoveBlobHandler } from '../sweep-blobs/remove-blob.handler.js';
import { HashThread } from './hash-thread.js';
import { Intake } from './intake.js';
import type { Upload } from './read-upload.js';
import { type CheckedUpload, RecordUploads, type UploadAnswer } from './record-uploads.js';

const REMOVAL_LOOK_MS = 100;
const REMOVAL_LOOKS = 100;

@Injectable()
export class UploadArtifactHandler {
  private readonly logger = new Logger('upload-artifact');

  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    @Inject(LIMITS) private readonly limits: IngestLimits,
    private readonly hashes: HashThread,
    private readonly records: RecordUploads,
    private readonly removal: RemoveBlobHandler,
    private readonly clock: Clock,
  ) {}

  /** Takes the bytes in one pass. Whatever it throws, nothing of the upload stays. */
  async upload(agent: AgentPrincipal, upload: Upload, context: CallContext): Promise<UploadAnswer> {
    const receivedAt = this.clock.now();
    const writer = await this.objects.write();
    const intake = new Intake(upload.bytes, writer.stream, this.hashes);
    try {
      const limits = artifactLimitsOf(this.limits, agent.artifactLimits);
      const facts = await inspectArtifact(upload.fields.type, intake.bytes(), limits);
      await intake.drain();
      const sha256 = intake.digest();
      await upload.end(sha256);
      assertAsDeclared(upload.fields, facts, sha256, agent);
      crashPoint('ingest.before-record');
      return await this.record({ agent, fields: upload.fields, facts, sha256, receivedAt }, writer, context);
    } finally {
      intake.close();
      await writer.abort().catch((error: unknown) => this.logger.error(`a staged upload is left to the sweep: ${String(error)}`));
    }
  }

  private async record(artifact: NewArtifact, writer: ObjectWriter, context: CallContext): Promise<UploadAnswer> {
    const { agent, sha256, facts } = artifact;
    const key = `blobs/${agent.orgId}/${sha256.slice('sha256:'.length)}`;
    const blob = { orgId: agent.orgId, sha256, key, size: facts.size };
    try {
      return await this.complete({ artifact, blob, writer, context, shown: false });
    } catch (error) {
      await this.removal
        .discard(blob)
        .catch((failure: unknown) => this.logger.error(`${key} is left to the sweep: ${String(failure)}`));
      throw error;
    }
  }

  /** Waits where an object of the same bytes is being removed. Throws `try_later` when that takes long. */
  private async complete(upload: CheckedUpload): Promise<UploadAnswer> {
    // It needs no lock, and takes the longest; whoever waits for the row should not wait for it.
    const finished = upload.writer.finish();
    finished.catch(() => undefined);
    for (let attempt = 0; attempt < REMOVAL_LOOKS; attempt += 1) {
      await this.records.announce(upload.blob);
      await finished;
      const answer = await this.records.record(upload);
      if (answer) return answer;
      await setTimeout(REMOVAL_LOOK_MS);
    }
    throw new Problem('try_later', { detail: 'An object of these bytes is being removed' });
  }
}

function assertAsDeclared(fields: ArtifactFields, facts: ArtifactFacts, sha256: string, agent: AgentPrincipal): void {
  if (fields.sha256 !== undefined && fields.sha256 !== sha256) {
    throw new Problem('digest_mismatch', { detail: `The bytes have ${sha256}`, members: { actual: sha256 } });
  }
  assertFactsFit(facts, fields, agent);
}
