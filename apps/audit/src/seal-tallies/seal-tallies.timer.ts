import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { SealTalliesHandler } from './seal-tallies.handler.js';

const INTERVAL_MS = 10_000;

@Injectable()
export class SealTalliesTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: SealTalliesHandler) {
    this.loop = new WorkLoop({ name: 'seal-tallies', intervalMs: INTERVAL_MS, work: () => handler.seal() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
