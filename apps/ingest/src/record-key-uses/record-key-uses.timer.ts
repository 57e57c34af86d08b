import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { WorkLoop } from '@reenact/service-kit';
import { RecordKeyUsesHandler } from './record-key-uses.handler.js';

const INTERVAL_MS = 5_000;

@Injectable()
export class RecordKeyUsesTimer implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  private readonly logger = new Logger('record-key-uses');
  private readonly loop: WorkLoop;

  constructor(private readonly handler: RecordKeyUsesHandler) {
    this.loop = new WorkLoop({ name: 'record-key-uses', intervalMs: INTERVAL_MS, work: () => handler.flush() });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  onModuleDestroy(): Promise<void> {
    return this.loop.stop();
  }

  /** The last requests were let in after the loop's end. */
  async onApplicationShutdown(): Promise<void> {
    await this.handler.flush().catch((error: unknown) => this.logger.error(error));
  }
}
