import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Inbox } from './inbox.js';

const HOUR_MS = 60 * 60_000;

/** Prunes what messaging no longer needs, once an hour. */
@Injectable()
export class Maintenance implements OnApplicationBootstrap {
  private readonly logger = new Logger(Maintenance.name);
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly inbox: Inbox) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), HOUR_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async run(): Promise<void> {
    try {
      await this.inbox.prune();
    } catch (error) {
      this.logger.warn(`not pruned: ${String(error)}`);
    }
  }
}
