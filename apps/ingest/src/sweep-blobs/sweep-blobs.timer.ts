import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { SweepBlobsHandler } from './sweep-blobs.handler.js';

const INTERVAL_MS = 60_000;

@Injectable()
export class SweepBlobsTimer extends LoopTimer {
  constructor(handler: SweepBlobsHandler) {
    super({ name: 'sweep-blobs', intervalMs: INTERVAL_MS, work: () => handler.sweep() });
  }
}
