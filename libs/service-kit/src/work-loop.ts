import { Logger } from '@nestjs/common';
import { withLogContext } from './log-context.js';

export interface WorkLoopOptions {
  /** For the log. */
  name: string;
  /** How long to wait after a turn that found nothing. */
  intervalMs: number;
  /** Claims and does some work; answers how much it did. More than nothing means: look again at once. */
  work: () => Promise<number>;
}

const LONGEST_BACK_OFF_MS = 30_000;

/** A loop that looks for work: now when nudged, else every interval; with a growing pause while turns fail. One turn at a time. */
export class WorkLoop {
  private readonly logger: Logger;
  private running?: Promise<void>;
  private stopping = false;
  private nudged = false;
  private wake?: () => void;

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
    this.wake?.();
  }

  /** Begins no further turn; resolves when the running one has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      this.nudged = false;
      try {
        const done = await this.options.work();
        failures = 0;
        if (done > 0) continue;
        await this.pause(this.options.intervalMs);
      } catch (error) {
        failures += 1;
        if (!this.stopping) this.logger.error(error instanceof Error ? error : String(error));
        await this.pause(Math.min(100 * 2 ** failures, LONGEST_BACK_OFF_MS));
      }
    }
  }

  private async pause(milliseconds: number): Promise<void> {
    if (this.nudged || this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
