import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { ObjectStore } from '@reenact/object-store';
import { UnitOfWork } from '@reenact/persistence';
import { Clock, Metrics } from '@reenact/service-kit';
import type { ScrubPace } from '../domain/scrub-pace.js';
import { OBJECT_STORE, SCRUB_PACE } from '../ingest.tokens.js';
import { type BlobToScrub, ScrubStore } from '../store/scrub.store.js';
import { QuarantineBlobHandler } from './quarantine-blob.handler.js';

const SLICE_BYTES = 1024 * 1024;
const HOUR_MS = 60 * 60 * 1000;
/** How long a replica may take over one blob before another one looks at it too. */
const LEASE_MS = HOUR_MS;

/** Hashes stored bytes again, slowly: disks and stores lose bits without saying so. */
@Injectable()
export class ScrubBlobsHandler {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    @Inject(SCRUB_PACE) private readonly pace: ScrubPace,
    private readonly store: ScrubStore,
    private readonly quarantine: QuarantineBlobHandler,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly metrics: Metrics,
  ) {}

  /** Looks at the blob that waits longest; answers how many it looked at. A stop in mid-blob leaves it to a later turn. */
  async scrub(stop: AbortSignal): Promise<number> {
    const blob = await this.store.claim(this.work, this.clock.now(), this.after(LEASE_MS));
    if (!blob) return 0;
    const found = await this.hash(blob, stop);
    if (stop.aborted) {
      await this.store.schedule(this.work, blob, this.clock.now());
      return 0;
    }
    const sound = found === blob.sha256;
    this.count(sound);
    const settled = sound || (await this.quarantine.impose(blob, found));
    await this.store.schedule(this.work, blob, settled ? this.after(this.pace.everyHours * HOUR_MS) : this.clock.now());
    return 1;
  }

  /** Slice by slice, so that neither memory nor the store's bandwidth is taken. Undefined when the object is gone. */
  private async hash({ key }: BlobToScrub, stop: AbortSignal): Promise<string | undefined> {
    const size = (await this.objects.stat(key))?.size;
    if (size === undefined) return undefined;
    const hash = createHash('sha256');
    for (let start = 0; start < size && !stop.aborted; start += SLICE_BYTES) {
      const end = Math.min(start + SLICE_BYTES, size);
      for await (const chunk of await this.objects.read(key, { start, end })) hash.update(chunk as Uint8Array);
      await this.rest(end - start, stop);
    }
    return `sha256:${hash.digest('hex')}`;
  }

  private async rest(bytes: number, signal: AbortSignal): Promise<void> {
    await setTimeout((bytes * 1000) / this.pace.bytesPerSecond, undefined, { signal }).catch(() => undefined);
  }

  private count(sound: boolean): void {
    const outcome = sound ? 'sound' : 'damaged';
    this.metrics.counter('scrubbed_total', 'Stored blobs that were hashed again', ['outcome']).inc({ outcome });
  }

  private after(milliseconds: number): Date {
    return new Date(this.clock.now().getTime() + milliseconds);
  }
}
