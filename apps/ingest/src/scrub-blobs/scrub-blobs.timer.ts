import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { ScrubBlobsHandler } from './scrub-blobs.handler.js';

const INTERVAL_MS = 60_000;

@Injectable()
export class ScrubBlobsTimer extends LoopTimer {
  private readonly stop: AbortController;

  constructor(handler: ScrubBlobsHandler) {
    const stop = new AbortController();
    super({ name: 'scrub-blobs', intervalMs: INTERVAL_MS, work: () => handler.scrub(stop.signal) });
    this.stop = stop;
  }

  override onModuleDestroy(): Promise<void> {
    this.stop.abort();
    return super.onModuleDestroy();
  }
}
