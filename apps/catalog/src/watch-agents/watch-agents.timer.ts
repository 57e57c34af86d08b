import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Clock, WorkLoop } from '@reenact/service-kit';
import { WatchAgentsHandler } from './watch-agents.handler.js';

const INTERVAL_MS = 2_000;
const FORGET_MS = 10 * 60_000;

@Injectable()
export class WatchAgentsTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loops: WorkLoop[];
  private readonly listeningSince: Date;

  constructor(handler: WatchAgentsHandler, clock: Clock) {
    this.listeningSince = clock.now();
    this.loops = [
      new WorkLoop({ name: 'mark-silent', intervalMs: INTERVAL_MS, work: () => handler.markSilent(this.listeningSince) }),
      new WorkLoop({ name: 'tell-gaps', intervalMs: INTERVAL_MS, work: () => handler.tellGaps() }),
      new WorkLoop({ name: 'forget-boots', intervalMs: FORGET_MS, work: () => handler.forgetEndedBoots() }),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }
}
