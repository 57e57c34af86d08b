import { Logger } from '@nestjs/common';
import { withLogContext } from './log-context.js';

export interface WorkLoopOptions {
  /** For the log. */
  name: string;
  /** How long to wait after a turn that found nothing. */
  intervalMs: number;
  /** How long to rest after a turn that did something, so that the next one finds more; default not at all. */
  restMs?: number;
  /** Claims and does some work; answers how much it did. More than nothing means: look again at once, or after a rest. */
  work: () => Promise<number>;
}

const LONGEST_BACK_OFF_MS = 30_000;

/** A loop that looks for work: now when nudged, else every interval; with a growing pause while turns fail. One turn at a time. */
export class WorkLoop {
  private readonly logger: Logger;
  private running?: Promise<void>;
  private stopping = false;
  private nudged = false;
  private sleeping?: { nudgeable: boolean; end: () => void };

  constructor(private readonly options: WorkLoopOptions) {
    this.logger = new Logger(options.name);
  }

  start(): this {
    this.running ??= withLogContext({ loop: this.options.name }, () => this.run());
    return this;
  }

  /** There may be work: the next turn comes at once. */
  nudge(): void {
    this.nudged = true;
    if (this.sleeping?.nudgeable) this.sleeping.end();
  }

  /** Begins no further turn; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.sleeping?.end();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      this.nudged = false;
      try {
        const done = await this.options.work();
        failures = 0;
        if (done === 0) await this.pause(this.options.intervalMs);
        else if (this.options.restMs !== undefined) await this.sleep(this.options.restMs, false);
      } catch (error) {
        failures += 1;
        if (!this.stopping) this.logger.error(error instanceof Error ? error : String(error));
        await this.pause(Math.min(100 * 2 ** failures, LONGEST_BACK_OFF_MS));
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    if (!this.nudged) await this.sleep(milliseconds, true);
  }

  private async sleep(milliseconds: number, nudgeable: boolean): Promise<void> {
    if (this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      this.sleeping = { nudgeable, end };
    });
    this.sleeping = undefined;
  }
}
