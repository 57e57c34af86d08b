import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { SealTalliesHandler } from './seal-tallies.handler.js';

const INTERVAL_MS = 10_000;

@Injectable()
export class SealTalliesTimer extends LoopTimer {
  constructor(handler: SealTalliesHandler) {
    super({ name: 'seal-tallies', intervalMs: INTERVAL_MS, work: () => handler.seal() });
  }
}
