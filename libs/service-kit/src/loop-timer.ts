import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { WorkLoop, type WorkLoopOptions } from './work-loop.js';

/** A loop that begins with its service and ends with it. */
export abstract class LoopTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(options: WorkLoopOptions) {
    this.loop = new WorkLoop(options);
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** There may be work: the next turn comes at once. */
  nudge(): void {
    this.loop.nudge();
  }
}
