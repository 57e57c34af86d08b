import { Injectable } from '@nestjs/common';
import { FlushTimer } from '@reenact/service-kit';
import { RecordReadingsHandler } from './record-readings.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class RecordReadingsTimer extends FlushTimer {
  constructor(handler: RecordReadingsHandler) {
    super('record-readings', INTERVAL_MS, handler);
  }
}
