import { Controller } from '@nestjs/common';
import { incidentOpened, incidentRecurred } from '@reenact/contracts';
import { type EnvelopeOf, JetStream } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { ArtifactStore } from '../store/artifact.store.js';

/** Remembers on the artifact which incident it opened or renewed, so that artifacts can be listed by incident. */
@Controller()
export class LinkIncidentConsumer {
  constructor(private readonly artifacts: ArtifactStore) {}

  @JetStream({ messages: [incidentOpened, incidentRecurred], durable: 'ingest-link-incident' })
  async link(batch: EnvelopeOf<typeof incidentOpened>[], tx: Transaction): Promise<void> {
    for (const { data } of batch) {
      if (data.artifactId !== undefined) await this.artifacts.linkIncident(tx, data.artifactId, data.incidentId);
    }
  }
}
