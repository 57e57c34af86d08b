import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { CountRefusalHandler } from './count-refusal.handler.js';

const INTERVAL_MS = 10 * 60_000;

@Injectable()
export class ForgetRefusalsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: CountRefusalHandler) {
    this.loop = new WorkLoop({ name: 'forget-refusals', intervalMs: INTERVAL_MS, work: () => handler.forgetOld() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
