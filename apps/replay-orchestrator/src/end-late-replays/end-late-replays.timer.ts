import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { EndLateReplaysHandler } from './end-late-replays.handler.js';

const INTERVAL_MS = 500;

@Injectable()
export class EndLateReplaysTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: EndLateReplaysHandler) {
    this.loop = new WorkLoop({ name: 'end-late-replays', intervalMs: INTERVAL_MS, work: () => handler.end() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
