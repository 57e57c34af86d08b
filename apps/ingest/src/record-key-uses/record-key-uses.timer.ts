import { Injectable } from '@nestjs/common';
import { FlushTimer } from '@reenact/service-kit';
import { RecordKeyUsesHandler } from './record-key-uses.handler.js';

const INTERVAL_MS = 5_000;

@Injectable()
export class RecordKeyUsesTimer extends FlushTimer {
  constructor(handler: RecordKeyUsesHandler) {
    super('record-key-uses', INTERVAL_MS, handler);
  }
}
