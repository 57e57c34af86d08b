import { Injectable } from '@nestjs/common';
import {
  type CallContext,
  type CapturedIncident,
  type Incident,
  type IncidentFact,
  incidentOpened,
  incidentRecurred,
  newId,
  type ResourceScope,
} from '@reenact/contracts';
import { Outbox } from '@reenact/messaging';
import type { Transaction } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { recur, type Sighting } from '../domain/incident.js';
import { entryOf } from '../domain/timeline-entry.js';
import { IncidentStore } from '../store/incident.store.js';
import { TimelineStore } from '../store/timeline.store.js';

/** What was seen, where, and the evidence of it. */
export interface Seen {
  place: Required<Omit<ResourceScope, 'id'>>;
  captured: CapturedIncident;
  sighting: Sighting;
  artifactId?: string;
}

/** Opens an incident, or lets the one of the same environment and fingerprint recur. */
@Injectable()
export class IncidentRecorder {
  constructor(
    private readonly incidents: IncidentStore,
    private readonly timeline: TimelineStore,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
  ) {}

  async record(tx: Transaction, seen: Seen, context: CallContext): Promise<Incident> {
    const now = this.clock.now();
    const opened = await this.incidents.insert(tx, fresh(seen, now));
    if (opened) return this.say(tx, incidentOpened, opened, seen, context);
    const known = await this.incidents.lockByFingerprint(tx, seen.place.environmentId, seen.captured.fingerprint);
    const recurred = await this.incidents.save(tx, recur(known, seen.sighting), now);
    return this.say(tx, incidentRecurred, recurred, seen, context);
  }

  private async say(
    tx: Transaction,
    contract: typeof incidentOpened,
    incident: Incident,
    { artifactId, sighting: { agentId } }: Seen,
    context: CallContext,
  ): Promise<Incident> {
    const { id, orgId, projectId, environmentId, revision } = incident;
    const data = { ...factOf(incident), ...(artifactId && { artifactId }), ...(agentId && { agentId }) };
    const [envelope] = await this.outbox.add(tx, context, [
      { contract, data, orgId, projectId, environmentId, aggregate: { id, version: revision } },
    ]);
    const detail = { data: { occurrences: incident.occurrences, ...(artifactId && { artifactId }) } };
    await this.timeline.add(tx, [{ ownerId: id, entry: entryOf(envelope, detail) }]);
    return incident;
  }
}

/** What every event of an incident says of it. */
export function factOf({ id, title, severity, state, fingerprint, occurrences }: Incident): IncidentFact {
  return { incidentId: id, title, severity, state, fingerprint, occurrences };
}

function fresh({ place, captured, sighting }: Seen, now: Date): Incident {
  const { title, severity, fingerprint, labels = {} } = captured;
  const { at, agentId, deploymentId } = sighting;
  return {
    id: newId('incident'),
    title,
    severity,
    state: 'open',
    fingerprint,
    occurrences: 1,
    ...place,
    ...(agentId && { agentId }),
    ...(deploymentId && { deploymentId }),
    labels,
    firstSeenAt: at,
    lastSeenAt: at,
    createdAt: now.toISOString(),
    revision: 1,
  };
}
