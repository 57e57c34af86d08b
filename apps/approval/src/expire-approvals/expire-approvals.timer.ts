import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { ExpireApprovalsHandler } from './expire-approvals.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class ExpireApprovalsTimer extends LoopTimer {
  constructor(handler: ExpireApprovalsHandler) {
    super({ name: 'expire-approvals', intervalMs: INTERVAL_MS, work: () => handler.expire() });
  }
}
