import { performance } from 'node:perf_hooks';
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { crashPoint, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { type Blob, BlobStore, type DoomedBlob } from '../store/blob.store.js';

/** How long a delete is tried. Much shorter than its lease, so that what the store does late still comes within it. */
const DELETE_MS = 60_000;

/**
 * Removes objects that no record needs. The row is doomed first, under its lock: from then on no upload completes it, and only
 * when the object is gone is the row let go, so that a delete can never hit an object that a later upload put there.
 */
@Injectable()
export class RemoveBlobHandler {
  private readonly logger = new Logger('sweep-blobs');

  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly blobs: BlobStore,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Nothing of an upload that could not be recorded stays; where another one keeps the same bytes, they do. */
  async discard(blob: Blob): Promise<void> {
    const doomed = await this.blobs.doom(this.work, blob);
    if (doomed) await this.remove(doomed);
  }

  /** Removes what stayed pending for that long, and what others died over; answers how many. */
  async removeStale(staleMs: number, limit: number): Promise<number> {
    const before = new Date(this.clock.now().getTime() - staleMs);
    const doomed = await this.blobs.doomStale(this.work, before, limit);
    let removed = 0;
    for (const blob of doomed) {
      try {
        if (await this.remove(blob)) removed += 1;
      } catch (error) {
        // One that cannot be removed now is no reason to keep uploads of the others waiting.
        this.logger.error(`${blob.key} is left to a later sweep: ${String(error)}`);
      }
    }
    return removed;
  }

  /** Answers false when the lease was lost, so that another may have removed it, and an upload may have put it there again. */
  private async remove(blob: DoomedBlob): Promise<boolean> {
    crashPoint('ingest.after-doom-before-delete');
    const until = performance.now() + DELETE_MS;
    if (!(await this.blobs.renew(this.work, blob))) return false;
    // A process that was stopped here for long finds out now, not when its timers run.
    const rest = Math.floor(until - performance.now());
    if (rest <= 0) return false;
    await this.objects.delete(blob.key, AbortSignal.timeout(rest));
    return this.blobs.forget(this.work, blob);
  }
}
