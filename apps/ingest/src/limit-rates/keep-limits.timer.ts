import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '@reenact/persistence';
import { LoopTimer } from '@reenact/service-kit';
import { RateWindowStore } from '../store/rate-window.store.js';
import { UploadSlots } from './upload-slots.js';

/** Several times within the life of a slot. */
const INTERVAL_MS = 15_000;

/** Keeps the slots of running uploads, and throws away counts that are over. */
@Injectable()
export class KeepLimitsTimer extends LoopTimer {
  constructor(slots: UploadSlots, windows: RateWindowStore, work: UnitOfWork) {
    const turn = async () => {
      await slots.renew();
      await windows.removeOld(work);
      return 0;
    };
    super({ name: 'limit-rates', intervalMs: INTERVAL_MS, work: turn });
  }
}
