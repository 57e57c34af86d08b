import { Injectable } from '@nestjs/common';
import { type ArtifactStored, type CallContext, type Envelope, Problem } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { capturedBy } from '../domain/incident.js';
import { gapSubject } from '../domain/finding.js';
import { type MissingNumbers, noLongerMissing } from '../domain/missing-numbers.js';
import { entryOf } from '../domain/timeline-entry.js';
import { ApprovalStore } from '../store/approval.store.js';
import { Escalations } from '../raise-escalation/escalations.js';
import { EscalationStore } from '../store/escalation.store.js';
import { EvidenceStore } from '../store/evidence.store.js';
import { ReplayStore } from '../store/replay.store.js';
import { TimelineStore } from '../store/timeline.store.js';
import { IncidentRecorder, type Seen } from './incident-recorder.js';

@Injectable()
export class TakeEvidenceHandler {
  constructor(
    private readonly evidence: EvidenceStore,
    private readonly recorder: IncidentRecorder,
    private readonly replays: ReplayStore,
    private readonly approvals: ApprovalStore,
    private readonly timeline: TimelineStore,
    private readonly escalations: Escalations,
    private readonly escalated: EscalationStore,
  ) {}

  async execute(tx: Transaction, envelope: Envelope<ArtifactStored>, context: CallContext): Promise<void> {
    const { artifactId, agentId, type } = envelope.data;
    const place = placeOf(envelope);
    await this.evidence.lock(tx, [artifactId]);
    await this.arrived(tx, envelope.data, context);
    const known = { id: artifactId, agentId, type, artifact: shapeOf(envelope) };
    if (type !== 'incident_bundle') {
      if (await this.evidence.insert(tx, known)) {
        await this.timeline.add(tx, [{ ownerId: agentId, entry: entryOf(envelope, { data: { type, artifactId } }) }]);
      }
      return;
    }
    const seen: Seen = { place, captured: capturedBy(envelope.data), sighting: sightingOf(envelope.data), artifactId };
    const incident = await this.recorder.record(tx, seen, context);
    await this.evidence.insert(tx, { ...known, incidentId: incident.id });
    await this.timeline.add(tx, [{ ownerId: incident.id, entry: entryOf(envelope, { data: { type, artifactId } }) }]);
    // Events of other streams may have been faster than the artifact's own.
    await this.replays.link(tx, artifactId, incident.id);
    await this.approvals.link(tx, artifactId, incident.id);
    await this.escalated.link(tx, artifactId, incident.id);
    await this.timeline.handOver(tx, artifactId, incident.id);
  }

  /** An upload that was missed came after all. */
  async arrived(
    tx: Transaction,
    { agentId, bootId, sequence }: Pick<ArtifactStored, 'agentId' | 'bootId' | 'sequence'>,
    context: CallContext,
  ): Promise<void> {
    if (bootId === undefined || sequence === undefined) return;
    const live = await this.escalated.lockLive(tx, 'sequence_gap', gapSubject(agentId, 'upload', bootId));
    if (!live) return;
    const left = noLongerMissing(live.escalation.evidence as MissingNumbers, sequence);
    await this.escalated.setEvidence(tx, live.escalation.id, left);
    if (left.missing.length === 0) await this.escalations.close(tx, live, context);
  }
}

function placeOf({ orgId, projectId, environmentId }: Envelope): Seen['place'] {
  if (projectId === undefined || environmentId === undefined) {
    throw new Problem('validation_failed', { detail: 'the event names no environment' });
  }
  return { orgId, projectId, environmentId };
}

function sightingOf({ capturedAt, agentId, deploymentId }: ArtifactStored): Seen['sighting'] {
  return { at: new Date(capturedAt).toISOString(), agentId, ...(deploymentId !== undefined && { deploymentId }) };
}

/** The artifact's shape, as far as its event tells. */
function shapeOf({ data, orgId, projectId, environmentId, time }: Envelope<ArtifactStored>): object {
  const { artifactId: id, incident: _incident, ...rest } = data;
  return { id, ...rest, state: 'stored', orgId, projectId, environmentId, receivedAt: time, createdAt: time };
}
