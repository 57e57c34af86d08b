import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { SignCheckpointHandler } from './sign-checkpoint.handler.js';

/** Also when nobody nudges (a replica died between commit and signature), a checkpoint is due within a second. */
const INTERVAL_MS = 500;

@Injectable()
export class SignCheckpointTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: SignCheckpointHandler) {
    this.loop = new WorkLoop({ name: 'sign-checkpoint', intervalMs: INTERVAL_MS, work: () => handler.sign() });
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
