import { Controller } from '@nestjs/common';
import {
  type Envelope,
  type RunFact,
  runCancelled,
  runFailed,
  runIndeterminate,
  runProgressed,
  runRefused,
  runStarted,
  runSucceeded,
  runWithdrawn,
} from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { FollowRunHandler } from './follow-run.handler.js';

@Controller()
export class FollowRunConsumer {
  constructor(private readonly handler: FollowRunHandler) {}

  @JetStream({
    messages: [runStarted, runRefused, runWithdrawn, runSucceeded, runFailed, runCancelled, runIndeterminate, runProgressed],
    durable: 'replay-orchestrator-follow-run',
  })
  async follow(batch: Envelope<RunFact>[], tx: Transaction): Promise<void> {
    await this.handler.follow(batch, tx);
  }
}
