import { Injectable, Logger } from '@nestjs/common';
import {
  type ArtifactQuarantined,
  type ArtifactRestored,
  artifactQuarantined,
  artifactRestored,
  type CallContext,
  type EventContract,
  type MessageDraft,
  newUuid,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import type { Blob } from '../store/blob.store.js';
import { type BlobToScrub, type ChangedArtifact, ScrubStore } from '../store/scrub.store.js';

/** Freezes the artifacts whose stored bytes are damaged, and lets them go when the same evidence was uploaded again. */
@Injectable()
export class QuarantineBlobHandler {
  private readonly logger = new Logger('scrub-blobs');

  constructor(
    private readonly store: ScrubStore,
    private readonly work: UnitOfWork,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  /** Answers false when an upload of the same bytes came in between. `found` is absent when the object is gone. */
  impose(blob: BlobToScrub, found: string | undefined): Promise<boolean> {
    return this.work.run(async (tx) => {
      if (!(await this.store.markCorrupt(tx, blob))) return false;
      const frozen = await this.store.changeState(tx, blob, 'quarantined');
      const context: CallContext = { actor: { kind: 'service', id: 'ingest' }, correlationId: newUuid() };
      const drafts = frozen.map((each) => draftOf(artifactQuarantined, each, { ...dataOf(each), ...(found && { found }) }));
      await this.outbox.add(tx, context, drafts);
      tx.afterCommit(() => this.logger.error(`${blob.key} is not what was stored: ${frozen.length} artifacts are quarantined`));
      return true;
    });
  }

  /** The object was written anew in this transaction. */
  async lift(tx: Transaction, blob: Blob, context: CallContext): Promise<void> {
    await this.store.markSound(tx, blob, this.clock.now());
    const restored = await this.store.changeState(tx, blob, 'stored');
    await this.outbox.add(
      tx,
      context,
      restored.map((each) => draftOf(artifactRestored, each, dataOf(each))),
    );
  }
}

const dataOf = ({ id, agentId, sha256 }: ChangedArtifact): ArtifactRestored => ({ artifactId: id, agentId, sha256 });

function draftOf<T extends ArtifactQuarantined | ArtifactRestored>(
  contract: EventContract<T>,
  { id, orgId, projectId, environmentId, version }: ChangedArtifact,
  data: T,
): MessageDraft<T> {
  return { contract, data, orgId, projectId, environmentId, aggregate: { id, version } };
}
