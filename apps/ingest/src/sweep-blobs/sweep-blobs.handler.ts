import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { Clock } from '@reenact/service-kit';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { RemoveBlobHandler } from './remove-blob.handler.js';

/** Much longer than the moment between a blob's announcement and its commit can last. */
const STALE_MS = 60 * 60 * 1000;
/** Few, since uploads of the same bytes wait for all of them. */
const BATCH = 5;

/** Removes what crashes left: objects of uploads that were stored but never recorded, and bytes that were only staged. */
@Injectable()
export class SweepBlobsHandler {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly removal: RemoveBlobHandler,
    private readonly clock: Clock,
  ) {}

  /** Answers how many objects it removed. */
  async sweep(staleMs = STALE_MS): Promise<number> {
    await this.objects.sweep(this.clock.now().getTime());
    return this.removal.removeStale(staleMs, BATCH);
  }
}
