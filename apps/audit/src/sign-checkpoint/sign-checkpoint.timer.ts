import { Injectable } from '@nestjs/common';
import { LoopTimer } from '@reenact/service-kit';
import { SignCheckpointHandler } from './sign-checkpoint.handler.js';

/** Also when nobody nudges (a replica died between commit and signature), a checkpoint is due within a second. */
const INTERVAL_MS = 500;
/** Logs that grow all the time are signed a few times a second, not with every batch of entries. */
const REST_MS = 200;

@Injectable()
export class SignCheckpointTimer extends LoopTimer {
  constructor(handler: SignCheckpointHandler) {
    super({ name: 'sign-checkpoint', intervalMs: INTERVAL_MS, restMs: REST_MS, work: () => handler.sign() });
  }
}
