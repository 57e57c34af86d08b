import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { CloseQuietHandler } from './close-quiet.handler.js';

const INTERVAL_MS = 30_000;

@Injectable()
export class CloseQuietTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: CloseQuietHandler) {
    this.loop = new WorkLoop({ name: 'close-quiet', intervalMs: INTERVAL_MS, work: () => handler.execute() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
