import { Injectable } from '@nestjs/common';
import { FlushTimer } from '@reenact/service-kit';
import { CountRefusalHandler } from './count-refusal.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class CountRefusalTimer extends FlushTimer {
  constructor(handler: CountRefusalHandler) {
    super('count-refusal', INTERVAL_MS, handler);
  }
}
