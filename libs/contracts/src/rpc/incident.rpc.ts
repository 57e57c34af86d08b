import { defineRpc } from '../define.js';
import { Id, Int, Labels, Nested, OneOf, Text } from '../field.js';
import { IdempotencyClaim, type Page, PageQuery } from '../shapes/common.js';
import {
  ESCALATION_KINDS,
  ESCALATION_STATES,
  type Escalation,
  type EscalationKind,
  type EscalationState,
  INCIDENT_STATES,
  type Incident,
  type IncidentContext,
  type IncidentState,
  SEVERITIES,
  type Severity,
  type TimelineEntry,
} from '../shapes/incident.js';

const INC = 'inc_01h455vb4pex5vsknk084sn02q';
const ORG = 'org_01h455vb4pex5vsknk084sn02q';

export class OpenIncident {
  @Id('organisation') orgId: string;
  @Id('project') projectId: string;
  @Id('environment') environmentId: string;
  @Text({ min: 1, max: 200 }) title: string;
  @OneOf(SEVERITIES) severity: Severity;
  @Text({ min: 1, max: 200, optional: true }) fingerprint?: string;
  @Labels({ optional: true }) labels?: Record<string, string>;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const openIncident = defineRpc<Incident>()({
  service: 'incident',
  noun: 'incident',
  verb: 'open',
  request: OpenIncident,
  sample: {
    orgId: ORG,
    projectId: 'prj_01h455vb4pex5vsknk084sn02q',
    environmentId: 'env_01h455vb4pex5vsknk084sn02q',
    title: 'Tickets are not made',
    severity: 'high',
  },
});

export class ListIncidents extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Id('environment', { optional: true }) environmentId?: string;
  @OneOf(INCIDENT_STATES, { optional: true }) state?: IncidentState;
  @OneOf(SEVERITIES, { optional: true }) severity?: Severity;
  @Id('agent', { optional: true }) agentId?: string;
}
export const listIncidents = defineRpc<Page<Incident>>()({
  service: 'incident',
  noun: 'incident',
  verb: 'list',
  request: ListIncidents,
  sample: { orgId: ORG },
});

export class ReadIncident {
  @Id('incident') incidentId: string;
}
export const readIncident = defineRpc<Incident>()({
  service: 'incident',
  noun: 'incident',
  verb: 'read',
  request: ReadIncident,
  sample: { incidentId: INC },
});

export const readIncidentContext = defineRpc<IncidentContext>()({
  service: 'incident',
  noun: 'context',
  verb: 'read',
  request: ReadIncident,
  sample: { incidentId: INC },
});

export class UpdateIncident {
  @Id('incident') incidentId: string;
  @Int({ min: 1 }) ifRevision: number;
  @Text({ min: 1, max: 200, optional: true }) title?: string;
  @OneOf(SEVERITIES, { optional: true }) severity?: Severity;
  @OneOf(INCIDENT_STATES, { optional: true }) state?: IncidentState;
  @Id('user', { optional: true, nullable: true }) assignee?: string | null;
}
export const updateIncident = defineRpc<Incident>()({
  service: 'incident',
  noun: 'incident',
  verb: 'update',
  request: UpdateIncident,
  sample: { incidentId: INC, ifRevision: 1, state: 'acknowledged' },
});

export class AddNote {
  @Id('incident') incidentId: string;
  @Text({ min: 1, max: 10_000 }) text: string;
  @Nested(() => IdempotencyClaim, { optional: true }) idempotency?: IdempotencyClaim;
}
export const addNote = defineRpc<TimelineEntry>()({
  service: 'incident',
  noun: 'note',
  verb: 'add',
  request: AddNote,
  sample: { incidentId: INC, text: 'The ticket server was restarted' },
});

export class ListTimeline extends PageQuery {
  @Id('incident') incidentId: string;
}
export const listTimeline = defineRpc<Page<TimelineEntry>>()({
  service: 'incident',
  noun: 'timeline',
  verb: 'list',
  request: ListTimeline,
  sample: { incidentId: INC },
});

export class ListEscalations extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Id('environment', { optional: true }) environmentId?: string;
  @Id('incident', { optional: true }) incidentId?: string;
  @Id('agent', { optional: true }) agentId?: string;
  @OneOf(ESCALATION_KINDS, { optional: true }) kind?: EscalationKind;
  @OneOf(ESCALATION_STATES, { optional: true }) state?: EscalationState;
}
export const listEscalations = defineRpc<Page<Escalation>>()({
  service: 'incident',
  noun: 'escalation',
  verb: 'list',
  request: ListEscalations,
  sample: { orgId: ORG },
});

export class AcknowledgeEscalation {
  @Id('escalation') escalationId: string;
}
/** By the caller; one that is acknowledged or closed stays as it is. */
export const acknowledgeEscalation = defineRpc<Escalation>()({
  service: 'incident',
  noun: 'escalation',
  verb: 'acknowledge',
  request: AcknowledgeEscalation,
  sample: { escalationId: 'esc_01h455vb4pex5vsknk084sn02q' },
});
