import { Controller } from '@nestjs/common';
import { type ApprovalUseFact, type Envelope, isRejectionCode, useRefused, useReserved } from '@reenact/contracts';
import { causedBy, JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { AdvanceReplaysHandler } from '../advance-replays/advance-replays.handler.js';
import type { ReplayMessage } from '../domain/replay-message.js';

@Controller()
export class FollowUseConsumer {
  constructor(
    private readonly handler: AdvanceReplaysHandler,
    private readonly clock: Clock,
  ) {}

  @JetStream({ messages: [useReserved, useRefused], durable: 'replay-orchestrator-follow-use' })
  async follow(batch: Envelope<ApprovalUseFact>[], tx: Transaction): Promise<void> {
    const at = this.clock.now().toISOString();
    await this.handler.advance(
      tx,
      batch.map((envelope) => ({
        replayId: envelope.data.replayId,
        message: toMessage(envelope, at),
        context: causedBy(envelope),
      })),
    );
  }
}

function toMessage({ type, data: { approvalId, code } }: Envelope<ApprovalUseFact>, at: string): ReplayMessage {
  if (type === useReserved.type) return { type: 'use_reserved', at, approvalId, slotFree: false };
  return { type: 'use_refused', at, approvalId, code: isRejectionCode(code) ? code : 'approval_missing' };
}
