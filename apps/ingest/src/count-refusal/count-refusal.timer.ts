import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { CountRefusalHandler } from './count-refusal.handler.js';

const INTERVAL_MS = 1_000;

@Injectable()
export class CountRefusalTimer implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger('count-refusal');
  private readonly loop: WorkLoop;

  constructor(private readonly handler: CountRefusalHandler) {
    this.loop = new WorkLoop({ name: 'count-refusal', intervalMs: INTERVAL_MS, work: () => handler.flush() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** The last requests were answered after the loop's end; what they were refused is counted too. */
  async onApplicationShutdown(): Promise<void> {
    await this.handler.flush().catch((error: unknown) => this.logger.error(error));
  }
}
