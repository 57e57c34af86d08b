import { Inject, Injectable } from '@nestjs/common';
import { type Artifact, artifactStored, type CallContext, newId, Problem } from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { ObjectStore, ObjectWriter } from '@reenact/object-store';
import { Batches, crashPoint, type Outcome, togetherOrAlone, type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { type ArtifactRow, toArtifact } from '../domain/artifact-row.js';
import { type NewArtifact, newArtifactRow, storedEntries, storedEvent } from '../domain/new-artifact.js';
import { repeatedEvent } from '../domain/repeated-upload.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { QuarantineBlobHandler } from '../scrub-blobs/quarantine-blob.handler.js';
import { ArtifactStore } from '../store/artifact.store.js';
import { type Blob, BlobStore } from '../store/blob.store.js';

/** An upload whose bytes were checked and written, though nobody sees them yet. */
export interface CheckedUpload {
  artifact: NewArtifact;
  blob: Blob;
  writer: ObjectWriter;
  context: CallContext;
  /** Set when its object is there: a transaction may be tried again, an object is shown once. */
  shown: boolean;
}

export interface UploadAnswer {
  artifact: Artifact;
  deduplicated: boolean;
}

/** Shows and records uploads, those that are ready at once in one transaction. */
@Injectable()
export class RecordUploads {
  private readonly announced: Batches<Blob, void>;
  private readonly recorded: Batches<CheckedUpload, Outcome<UploadAnswer | undefined>>;

  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly blobs: BlobStore,
    private readonly artifacts: ArtifactStore,
    private readonly work: UnitOfWork,
    private readonly quarantine: QuarantineBlobHandler,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {
    const announce = async (some: Blob[]) => {
      await blobs.announce(work, some, clock.now());
      return [];
    };
    this.announced = new Batches(announce, { max: 100, atOnce: 1, keyOf: ({ key }) => key });
    // Uploads of equal bytes never share a batch: each finds what the one before it left.
    const options = { max: 32, atOnce: 2, keyOf: ({ blob }: CheckedUpload) => blob.key };
    this.recorded = new Batches((uploads) => togetherOrAlone(uploads, (some) => this.recordTogether(some)), options);
  }

  /** Says, before an object can be there, that it may be. */
  announce(blob: Blob): Promise<void> {
    return this.announced.run(blob);
  }

  /** Answers undefined while an object of the same bytes is being removed: it has to be announced again then. */
  async record(upload: CheckedUpload): Promise<UploadAnswer | undefined> {
    const outcome = await this.recorded.run(upload);
    return outcome();
  }

  private recordTogether(uploads: readonly CheckedUpload[]): Promise<(UploadAnswer | undefined)[]> {
    return this.work.run(async (tx) => {
      const blobs = uploads.map(({ blob }) => blob);
      const kept = await this.blobs.keep(tx, blobs, this.clock.now());
      const ours = uploads.filter(({ blob }) => kept.has(blob.key));
      await allSettled(ours.map((upload) => this.show(upload, kept.get(upload.blob.key) === 'corrupt')));
      crashPoint('ingest.after-object-before-record');
      for (const { blob, context } of ours) {
        if (kept.get(blob.key) === 'corrupt') await this.quarantine.lift(tx, blob, context);
      }
      const answers = await this.insert(tx, ours);
      return uploads.map((upload) => answers.get(upload));
    });
  }

  /** Also for bytes that are known: an object that was lost is there again. */
  private async show(upload: CheckedUpload, corrupt: boolean): Promise<void> {
    const { blob, writer } = upload;
    if (upload.shown) return this.assertStillThere(blob);
    await (corrupt ? writer.replace(blob.key) : writer.commit(blob.key));
    upload.shown = true;
  }

  /** Between two tries of the transaction nothing holds the row, so that a removal may have come in between. */
  private async assertStillThere({ key, size }: Blob): Promise<void> {
    const found = await this.objects.stat(key);
    if (found?.size !== size) throw new Problem('try_later', { detail: 'The object was removed in between' });
  }

  private async insert(tx: Transaction, uploads: CheckedUpload[]): Promise<Map<CheckedUpload, UploadAnswer>> {
    const wanted = uploads.map((upload) => ({ upload, row: newArtifactRow(newId('artifact'), upload.artifact) }));
    const stored = await this.artifacts.insert(
      tx,
      wanted.map(({ upload, row }) => ({ row, entries: storedEntries(upload.artifact.facts) })),
    );
    const answers = await Promise.all(
      wanted.map(async ({ upload, row }): Promise<[CheckedUpload, UploadAnswer]> => {
        const { artifact, context } = upload;
        const own = stored.get(row.id);
        const known = own ?? (await this.known(tx, artifact));
        const news = own ? [storedEvent(own, artifact.facts, artifactStored)] : repeatedEvent(known, artifact);
        await this.outbox.add(tx, context, news);
        return [upload, { artifact: toArtifact(known), deduplicated: !own }];
      }),
    );
    return new Map(answers);
  }

  private async known(tx: Transaction, { agent, sha256, fields }: NewArtifact): Promise<ArtifactRow> {
    const known = await this.artifacts.findOfAgent(tx, agent.agentId, sha256, fields.type);
    if (!known) throw new Problem('internal', { detail: 'an artifact is neither new nor known' });
    return known;
  }
}

/** Waits for all, so that nothing goes on when the transaction is over; throws what the first of them threw. */
async function allSettled(work: Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
