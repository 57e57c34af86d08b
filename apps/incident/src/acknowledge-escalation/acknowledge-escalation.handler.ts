import { Injectable } from '@nestjs/common';
import { type CallContext, type Escalation, escalationAcknowledged, Problem } from '@reenact/contracts';
import { UnitOfWork } from '@reenact/persistence';
import { Escalations } from '../raise-escalation/escalations.js';
import { EscalationStore } from '../store/escalation.store.js';

@Injectable()
export class AcknowledgeEscalationHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly store: EscalationStore,
    private readonly escalations: Escalations,
  ) {}

  execute(escalationId: string, context: CallContext): Promise<Escalation> {
    return this.work.run(async (tx) => {
      const known = await this.store.lock(tx, escalationId);
      if (!known) throw new Problem('not_found');
      if (known.escalation.state !== 'open') return known.escalation;
      const acknowledged = await this.store.acknowledge(tx, escalationId, context.actor.id);
      await this.escalations.say(tx, escalationAcknowledged, acknowledged, context);
      return acknowledged.escalation;
    });
  }
}
