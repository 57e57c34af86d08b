import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { EndLateReplaysHandler } from './end-late-replays.handler.js';

const INTERVAL_MS = 500;

@Injectable()
export class EndLateReplaysTimer extends LoopTimer {
  constructor(handler: EndLateReplaysHandler) {
    super({ name: 'end-late-replays', intervalMs: INTERVAL_MS, work: () => handler.end() });
  }
}
