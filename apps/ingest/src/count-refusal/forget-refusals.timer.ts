import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { CountRefusalHandler } from './count-refusal.handler.js';

const INTERVAL_MS = 10 * 60_000;

@Injectable()
export class ForgetRefusalsTimer extends LoopTimer {
  constructor(handler: CountRefusalHandler) {
    super({ name: 'forget-refusals', intervalMs: INTERVAL_MS, work: () => handler.forgetOld() });
  }
}
