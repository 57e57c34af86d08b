import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { CheckReplaysHandler } from './check-replays.handler.js';

/** Also when nobody nudges: a request came to another replica that died, or a check is to be tried again. */
const INTERVAL_MS = 250;

@Injectable()
export class CheckReplaysTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: CheckReplaysHandler) {
    this.loop = new WorkLoop({ name: 'check-replays', intervalMs: INTERVAL_MS, work: () => handler.check() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  nudge(): void {
    this.loop.nudge();
  }
}
