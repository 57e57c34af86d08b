import { Controller } from '@nestjs/common';
import {
  type ArtifactQuarantined,
  type ArtifactRestored,
  artifactQuarantined,
  artifactRestored,
  type Envelope,
} from '@reenact/contracts';
import { causedBy, JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { corruption } from '../domain/finding.js';
import { entryOf } from '../domain/timeline-entry.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { EvidenceStore } from '../store/evidence.store.js';
import { TimelineStore } from '../store/timeline.store.js';

/** Evidence whose stored bytes are damaged, until it was uploaded again. */
@Controller()
export class FollowQuarantineConsumer {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly escalations: Escalations,
    private readonly timeline: TimelineStore,
  ) {}

  @JetStream({ messages: [artifactQuarantined, artifactRestored], durable: 'incident-follow-quarantine' })
  async follow(batch: (Envelope<ArtifactQuarantined> | Envelope<ArtifactRestored>)[], tx: Transaction): Promise<void> {
    for (const envelope of batch) {
      const { artifactId } = envelope.data;
      await this.evidence.lock(tx, [artifactId]);
      const incidentId = (await this.evidence.incidentsOf(tx, [artifactId])).get(artifactId);
      const context = causedBy(envelope);
      if (envelope.type === artifactRestored.type) await this.escalations.heal(tx, 'evidence_corrupt', artifactId, context);
      else await this.escalations.raise(tx, { finding: corruption(envelope.data, incidentId), scope: envelope }, context);
      await this.timeline.add(tx, [{ ownerId: incidentId ?? artifactId, entry: entryOf(envelope, { data: { artifactId } }) }]);
    }
  }
}
