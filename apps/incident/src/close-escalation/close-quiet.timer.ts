import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { CloseQuietHandler } from './close-quiet.handler.js';

const INTERVAL_MS = 30_000;

@Injectable()
export class CloseQuietTimer extends LoopTimer {
  constructor(handler: CloseQuietHandler) {
    super({ name: 'close-quiet', intervalMs: INTERVAL_MS, work: () => handler.execute() });
  }
}
