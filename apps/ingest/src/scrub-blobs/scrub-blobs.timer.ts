import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { ScrubBlobsHandler } from './scrub-blobs.handler.js';

const INTERVAL_MS = 60_000;

@Injectable()
export class ScrubBlobsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;
  private readonly stop = new AbortController();

  constructor(handler: ScrubBlobsHandler) {
    const { signal } = this.stop;
    this.loop = new WorkLoop({ name: 'scrub-blobs', intervalMs: INTERVAL_MS, work: () => handler.scrub(signal) });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    this.stop.abort();
    return this.loop.stop();
  }
}
