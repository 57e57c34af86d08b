import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { RecordReadingsHandler } from './record-readings.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class RecordReadingsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: RecordReadingsHandler) {
    this.loop = new WorkLoop({ name: 'record-readings', intervalMs: INTERVAL_MS, work: () => handler.flush() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
