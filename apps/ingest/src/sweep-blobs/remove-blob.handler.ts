import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { crashPoint, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { type Blob, BlobStore, type DoomedBlob } from '../store/blob.store.js';

/** Longer than a call to the object store can last with its retries: a delete must never land after its lease. */
const LEASE_MS = 5 * 60 * 1000;

/**
 * Removes objects that no record needs. The row is doomed first, under its lock: from then on no upload completes it, and only
 * when the object is gone is the row let go, so that a delete can never hit an object that a later upload put there.
 */
@Injectable()
export class RemoveBlobHandler {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly blobs: BlobStore,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Nothing of an upload that could not be recorded stays; where another one keeps the same bytes, they do. */
  async discard(blob: Blob): Promise<void> {
    const doomed = await this.blobs.doom(this.work, blob, this.leaseUntil());
    if (doomed) await this.remove(doomed);
  }

  /** Removes what stayed pending for that long, and what others died over; answers how many. */
  async removeStale(staleMs: number, limit: number): Promise<number> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - staleMs);
    const doomed = await this.blobs.doomStale(this.work, before, now, this.leaseUntil(), limit);
    for (const blob of doomed) await this.remove(blob);
    return doomed.length;
  }

  private async remove(blob: DoomedBlob): Promise<void> {
    crashPoint('ingest.after-doom-before-delete');
    await this.objects.delete(blob.key);
    await this.blobs.forget(this.work, blob);
  }

  private leaseUntil(): Date {
    return new Date(this.clock.now().getTime() + LEASE_MS);
  }
}
