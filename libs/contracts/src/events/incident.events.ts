import { defineEvent } from '../define.js';
import { Id, Int, OneOf, Text } from '../field.js';
import {
  ESCALATION_KINDS,
  ESCALATION_STATES,
  type EscalationKind,
  type EscalationState,
  INCIDENT_STATES,
  type IncidentState,
  SEVERITIES,
  type Severity,
} from '../shapes/incident.js';

export class IncidentFact {
  @Id('incident') incidentId: string;
  @Text({ max: 200 }) title: string;
  @OneOf(SEVERITIES) severity: Severity;
  @OneOf(INCIDENT_STATES) state: IncidentState;
  @Text({ max: 200 }) fingerprint: string;
  @Int({ min: 1 }) occurrences: number;
  @Id('artifact', { optional: true }) artifactId?: string;
  @Id('agent', { optional: true }) agentId?: string;
}
const sample: IncidentFact = {
  incidentId: 'inc_01h455vb4pex5vsknk084sn02q',
  title: 'Tickets are not made',
  severity: 'high',
  state: 'open',
  fingerprint: 'ticket-server-503',
  occurrences: 1,
};
const audit = { category: 'incident', outcome: 'succeeded', personal: ['title'] } as const;

export const incidentOpened = defineEvent({
  service: 'incident',
  noun: 'incident',
  fact: 'opened',
  payload: IncidentFact,
  audit,
  sample,
});
/** It was seen again; a resolved one is open again. */
export const incidentRecurred = defineEvent({
  service: 'incident',
  noun: 'incident',
  fact: 'recurred',
  payload: IncidentFact,
  audit,
  sample,
});
export const incidentChanged = defineEvent({
  service: 'incident',
  noun: 'incident',
  fact: 'changed',
  payload: IncidentFact,
  audit,
  sample,
});

export class NoteAdded {
  @Id('incident') incidentId: string;
  @Text({ max: 64 }) noteId: string;
  @Text({ max: 10_000 }) text: string;
}
export const noteAdded = defineEvent({
  service: 'incident',
  noun: 'note',
  fact: 'added',
  payload: NoteAdded,
  audit: { category: 'incident', outcome: 'succeeded', personal: ['text'] },
  sample: { incidentId: 'inc_01h455vb4pex5vsknk084sn02q', noteId: 'n1', text: 'The ticket server was restarted' },
});

export class EscalationFact {
  @Id('escalation') escalationId: string;
  @OneOf(ESCALATION_KINDS) kind: EscalationKind;
  @OneOf(ESCALATION_STATES) state: EscalationState;
  @Text({ max: 300 }) subject: string;
  @Int({ min: 1 }) count: number;
  @Id('incident', { optional: true }) incidentId?: string;
  @Id('agent', { optional: true }) agentId?: string;
}
const escalationSample: EscalationFact = {
  escalationId: 'esc_01h455vb4pex5vsknk084sn02q',
  kind: 'heartbeats_missing',
  state: 'open',
  subject: 'agt_01h455vb4pex5vsknk084sn02q',
  count: 1,
  agentId: 'agt_01h455vb4pex5vsknk084sn02q',
};
/** Something needs a person; it is said once for as long as it lasts. */
export const escalationOpened = defineEvent({
  service: 'incident',
  noun: 'escalation',
  fact: 'opened',
  payload: EscalationFact,
  audit: { category: 'incident', outcome: 'succeeded' },
  sample: escalationSample,
});
export const escalationAcknowledged = defineEvent({
  service: 'incident',
  noun: 'escalation',
  fact: 'acknowledged',
  payload: EscalationFact,
  audit: { category: 'incident', outcome: 'succeeded' },
  sample: { ...escalationSample, state: 'acknowledged' },
});
/** What it was about is healed. */
export const escalationClosed = defineEvent({
  service: 'incident',
  noun: 'escalation',
  fact: 'closed',
  payload: EscalationFact,
  audit: { category: 'incident', outcome: 'succeeded' },
  sample: { ...escalationSample, state: 'closed' },
});
