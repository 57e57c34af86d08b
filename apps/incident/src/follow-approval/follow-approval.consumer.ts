import { Controller } from '@nestjs/common';
import {
  type ApprovalFact,
  type ApprovalUseFact,
  approvalDecided,
  approvalExpired,
  approvalRequested,
  approvalRevoked,
  approvalWithdrawn,
  type Envelope,
  useSettled,
} from '@reenact/contracts';
import { JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { FollowApprovalHandler } from './follow-approval.handler.js';

@Controller()
export class FollowApprovalConsumer {
  constructor(private readonly handler: FollowApprovalHandler) {}

  @JetStream({
    messages: [approvalRequested, approvalDecided, approvalExpired, approvalWithdrawn, approvalRevoked, useSettled],
    durable: 'incident-follow-approval',
  })
  async follow(batch: (Envelope<ApprovalFact> | Envelope<ApprovalUseFact>)[], tx: Transaction): Promise<void> {
    for (const envelope of batch) {
      if (isFact(envelope)) await this.handler.changed(tx, envelope);
      else await this.handler.used(tx, envelope);
    }
  }
}

function isFact(envelope: Envelope<ApprovalFact> | Envelope<ApprovalUseFact>): envelope is Envelope<ApprovalFact> {
  return 'artifactId' in envelope.data;
}
