import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { SweepBlobsHandler } from './sweep-blobs.handler.js';

const INTERVAL_MS = 60_000;

@Injectable()
export class SweepBlobsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: SweepBlobsHandler) {
    this.loop = new WorkLoop({ name: 'sweep-blobs', intervalMs: INTERVAL_MS, work: () => handler.sweep() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
