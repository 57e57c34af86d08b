import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { LoopTimer } from './loop-timer.js';
import type { WorkLoopOptions } from './work-loop.js';

/** Enough for what may be kept; a stop must end. */
const LAST_TURNS = 200;

/** Writes down, now and then, what requests left in memory; and once more when the last of them was answered. */
export abstract class FlushTimer extends LoopTimer implements OnApplicationShutdown {
  private readonly logger: Logger;

  constructor(
    name: string,
    intervalMs: number,
    private readonly handler: { flush: WorkLoopOptions['work'] },
  ) {
    super({ name, intervalMs, work: () => handler.flush() });
    this.logger = new Logger(name);
  }

  /** The last requests were answered after the loop's end. */
  async onApplicationShutdown(): Promise<void> {
    try {
      for (let turn = 0; turn < LAST_TURNS && (await this.handler.flush()) > 0; turn += 1);
    } catch (error) {
      this.logger.error(error);
    }
  }
}
