import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { CheckReplaysHandler } from './check-replays.handler.js';

/** Also when nobody nudges: a request came to another replica that died, or a check is to be tried again. */
const INTERVAL_MS = 250;

@Injectable()
export class CheckReplaysTimer extends LoopTimer {
  constructor(handler: CheckReplaysHandler) {
    super({ name: 'check-replays', intervalMs: INTERVAL_MS, work: () => handler.check() });
  }
}
