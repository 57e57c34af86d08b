import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { ExpireApprovalsHandler } from './expire-approvals.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class ExpireApprovalsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: WorkLoop;

  constructor(handler: ExpireApprovalsHandler) {
    this.loop = new WorkLoop({ name: 'expire-approvals', intervalMs: INTERVAL_MS, work: () => handler.expire() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }
}
