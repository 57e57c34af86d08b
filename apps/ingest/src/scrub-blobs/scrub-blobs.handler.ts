import { createHash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
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
/** Until the next look at a blob that could not be read, and how many such looks are enough. */
const RETRY_MS = HOUR_MS;
const MAX_FAILURES = 5;
/** Nothing is ever put there: whoever asks for it learns whether the store answers. */
const ABSENT_KEY = 'blobs/none';

/** Hashes stored bytes again, slowly: disks and stores lose bits without saying so. */
@Injectable()
export class ScrubBlobsHandler {
  private readonly logger = new Logger('scrub-blobs');

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
    let found: string | undefined;
    try {
      found = await this.hash(blob, stop);
    } catch (error) {
      return this.putOff(blob, error);
    }
    if (stop.aborted) {
      await this.store.schedule(this.work, blob, this.clock.now());
      return 0;
    }
    const sound = found === blob.sha256;
    this.count(sound ? 'sound' : 'damaged');
    await this.store.clearFailures(this.work, blob);
    await this.settle(blob, sound || (await this.quarantine.impose(blob, found)));
    return 1;
  }

  /** One blob that cannot be read keeps no other waiting, and is taken for damaged when that does not pass. */
  private async putOff(blob: BlobToScrub, error: unknown): Promise<number> {
    // Throws when the store itself is away, which says nothing about the blob.
    await this.objects.stat(ABSENT_KEY);
    this.count('unreadable');
    this.logger.error(`${blob.key} cannot be read: ${String(error)}`);
    const failures = await this.store.countFailure(this.work, blob, this.after(RETRY_MS));
    if (failures >= MAX_FAILURES) await this.settle(blob, await this.quarantine.impose(blob, undefined));
    return 1;
  }

  /** `settled` is false when an upload of the same bytes came in between. */
  private async settle(blob: BlobToScrub, settled: boolean): Promise<void> {
    await this.store.schedule(this.work, blob, settled ? this.after(this.pace.everyHours * HOUR_MS) : this.clock.now());
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

  private count(outcome: 'sound' | 'damaged' | 'unreadable'): void {
    this.metrics.counter('scrubbed_total', 'Stored blobs that were hashed again', ['outcome']).inc({ outcome });
  }

  private after(milliseconds: number): Date {
    return new Date(this.clock.now().getTime() + milliseconds);
  }
}
