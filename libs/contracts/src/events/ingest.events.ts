import { defineEvent } from '../define.js';
import { Hash, Id, Int, Labels, Nested, OneOf, Text, Time } from '../field.js';
import { ARTIFACT_TYPES, type ArtifactType } from '../shapes/artifact.js';
import { SEVERITIES, type Severity } from '../shapes/incident.js';

const ART = 'art_01h455vb4pex5vsknk084sn02q';
const AGT = 'agt_01h455vb4pex5vsknk084sn02q';
const HASH = `sha256:${'0'.repeat(64)}`;

/** What the manifest says of the incident. */
export class CapturedIncident {
  @Text({ min: 1, max: 200 }) title: string;
  @OneOf(SEVERITIES) severity: Severity;
  @Text({ min: 1, max: 200 }) fingerprint: string;
  @Labels({ optional: true }) labels?: Record<string, string>;
}

export class ArtifactStored {
  @Id('artifact') artifactId: string;
  @OneOf(ARTIFACT_TYPES) type: ArtifactType;
  @Hash() sha256: string;
  @Int() size: number;
  @Id('agent') agentId: string;
  @Id('deployment', { optional: true }) deploymentId?: string;
  @Hash({ optional: true }) specHash?: string;
  @Time() capturedAt: string;
  @Text({ max: 128, optional: true }) bootId?: string;
  @Int({ min: 1, optional: true }) sequence?: number;
  @Int({ optional: true }) records?: number;
  /** Of incident bundles only. */
  @Nested(() => CapturedIncident, { optional: true }) incident?: CapturedIncident;
}
export const artifactStored = defineEvent({
  service: 'ingest',
  noun: 'artifact',
  fact: 'stored',
  payload: ArtifactStored,
  audit: { category: 'artifact', outcome: 'succeeded', personal: ['incident.title', 'incident.labels'] },
  sample: {
    artifactId: ART,
    type: 'incident_bundle',
    sha256: HASH,
    size: 4096,
    agentId: AGT,
    specHash: HASH,
    capturedAt: '2026-11-23T12:00:00.000Z',
    records: 40,
    incident: { title: 'Tickets are not made', severity: 'high', fingerprint: 'ticket-server-503' },
  },
});

export class ArtifactRepeated {
  @Id('artifact') artifactId: string;
  @Id('agent') agentId: string;
  @Text({ min: 1, max: 128 }) bootId: string;
  @Int({ min: 1 }) sequence: number;
}
/** Evidence that is known came again under another number: nothing new is stored, but the number did arrive. */
export const artifactRepeated = defineEvent({
  service: 'ingest',
  noun: 'artifact',
  fact: 'repeated',
  payload: ArtifactRepeated,
  audit: false,
  sample: { artifactId: ART, agentId: AGT, bootId: 'b1', sequence: 2 },
});

export class ArtifactQuarantined {
  @Id('artifact') artifactId: string;
  @Id('agent') agentId: string;
  /** What the bytes were when they were stored. */
  @Hash() sha256: string;
  /** What they are now; absent when they are gone. */
  @Hash({ optional: true }) found?: string;
}
export const artifactQuarantined = defineEvent({
  service: 'ingest',
  noun: 'artifact',
  fact: 'quarantined',
  payload: ArtifactQuarantined,
  audit: { category: 'artifact', outcome: 'failed' },
  sample: { artifactId: ART, agentId: AGT, sha256: HASH, found: `sha256:${'1'.repeat(64)}` },
});

export class ArtifactRestored {
  @Id('artifact') artifactId: string;
  @Id('agent') agentId: string;
  @Hash() sha256: string;
}
/** The same evidence was uploaded again after its stored bytes were found to be damaged. */
export const artifactRestored = defineEvent({
  service: 'ingest',
  noun: 'artifact',
  fact: 'restored',
  payload: ArtifactRestored,
  audit: { category: 'artifact', outcome: 'succeeded' },
  sample: { artifactId: ART, agentId: AGT, sha256: HASH },
});

export class AgentRefused {
  /** Absent when the credential names no agent. */
  @Id('agent', { optional: true }) agentId?: string;
  @Time() minute: string;
  @Int({ min: 400, max: 599 }) status: number;
  @Text({ max: 64 }) code: string;
  @Int({ min: 1 }) count: number;
}
export const agentRefused = defineEvent({
  service: 'ingest',
  noun: 'agent',
  fact: 'refused',
  payload: AgentRefused,
  audit: { category: 'agent', outcome: 'denied' },
  sample: { agentId: AGT, minute: '2026-11-23T12:00:00.000Z', status: 403, code: 'scope_missing', count: 3 },
});

export class EnrolmentRefused {
  @Id('enrolment') enrolmentId: string;
  @Time() minute: string;
  @Int({ min: 400, max: 599 }) status: number;
  @Text({ max: 64 }) code: string;
  @Int({ min: 1 }) count: number;
}
/** Somebody presented a token with the id of a known one and got no agent for it: spent, expired, false, or of another environment. */
export const enrolmentRefused = defineEvent({
  service: 'ingest',
  noun: 'enrolment',
  fact: 'refused',
  payload: EnrolmentRefused,
  audit: { category: 'agent', outcome: 'denied' },
  sample: {
    enrolmentId: 'enr_01h455vb4pex5vsknk084sn02q',
    minute: '2026-11-23T12:00:00.000Z',
    status: 401,
    code: 'credential_used',
    count: 2,
  },
});
