import { Controller } from '@nestjs/common';
import { AcknowledgeEscalation, acknowledgeEscalation, type CallContext, type Escalation } from '@reenact/contracts';
import { Rpc } from '@reenact/messaging';
import { AcknowledgeEscalationHandler } from './acknowledge-escalation.handler.js';

@Controller()
export class AcknowledgeEscalationRpc {
  constructor(private readonly handler: AcknowledgeEscalationHandler) {}

  @Rpc(acknowledgeEscalation)
  acknowledge({ escalationId }: AcknowledgeEscalation, context: CallContext): Promise<Escalation> {
    return this.handler.execute(escalationId, context);
  }
}
