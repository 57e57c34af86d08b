import { Injectable } from '@nestjs/common';
import { type CallContext, type Incident, newUuid, type OpenIncident } from '@reenact/contracts';
import { IdempotencyStore, UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { IncidentRecorder } from './incident-recorder.js';

@Injectable()
export class OpenIncidentHandler {
  constructor(
    private readonly work: UnitOfWork,
    private readonly idempotency: IdempotencyStore,
    private readonly recorder: IncidentRecorder,
    private readonly clock: Clock,
  ) {}

  /** Opened by a person: without a fingerprint it is an incident of its own. */
  execute(request: OpenIncident, context: CallContext): Promise<Incident> {
    const { orgId, projectId, environmentId, title, severity, labels, idempotency: claim } = request;
    const fingerprint = request.fingerprint ?? `manual:${newUuid()}`;
    const seen = {
      place: { orgId, projectId, environmentId },
      captured: { title, severity, fingerprint, ...(labels && { labels }) },
      sighting: { at: this.clock.now().toISOString() },
    };
    return this.work.run((tx) => {
      const open = () => this.recorder.record(tx, seen, context);
      return claim ? this.idempotency.once(tx, claim, open) : open();
    });
  }
}
