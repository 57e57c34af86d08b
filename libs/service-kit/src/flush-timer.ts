import { Logger, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { WorkLoop } from './work-loop.js';

/** Enough for what may be kept; a stop must end. */
const LAST_TURNS = 200;

/** Writes down, now and then, what requests left in memory; and once more when the last of them was answered. */
export abstract class FlushTimer implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger: Logger;
  private readonly loop: WorkLoop;

  constructor(
    name: string,
    intervalMs: number,
    private readonly handler: { flush: ConstructorParameters<typeof WorkLoop>[0]['work'] },
  ) {
    this.logger = new Logger(name);
    this.loop = new WorkLoop({ name, intervalMs, work: () => handler.flush() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
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
