export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export type Severity = (typeof SEVERITIES)[number];
export const INCIDENT_STATES = ['open', 'acknowledged', 'resolved'] as const;
export type IncidentState = (typeof INCIDENT_STATES)[number];

export interface Incident {
  id: string;
  title: string;
  severity: Severity;
  state: IncidentState;
  fingerprint: string;
  occurrences: number;
  orgId: string;
  projectId: string;
  environmentId: string;
  agentId?: string;
  deploymentId?: string;
  assignee?: string;
  labels: Record<string, string>;
  firstSeenAt: string;
  lastSeenAt: string;
  createdAt: string;
  /** The ETag. */
  revision: number;
}

export interface TimelineEntry {
  id: string;
  at: string;
  kind: string;
  actor: { kind: string; id: string; name?: string };
  subject?: { kind: string; id: string };
  text?: string;
  data?: object;
}

/** Everything about an incident on one page; absent parts are null or empty. */
export interface IncidentContext {
  incident: Incident;
  agent: object | null;
  heartbeats: object[];
  refusals: object[];
  snapshots: object[];
  deployment: object | null;
  deploymentApproval: object | null;
  environment: object | null;
  posture: object | null;
  artifacts: object[];
  replays: object[];
  approvals: object[];
  escalations: object[];
  truncated: string[];
}

export const ESCALATION_KINDS = [
  'environment_unresolved',
  'spec_hash_unresolved',
  'approval_missing',
  'agent_refusals',
  'heartbeats_missing',
  'sequence_gap',
  'evidence_corrupt',
  'replay_indeterminate',
] as const;
export type EscalationKind = (typeof ESCALATION_KINDS)[number];
export const ESCALATION_STATES = ['open', 'acknowledged', 'closed'] as const;
export type EscalationState = (typeof ESCALATION_STATES)[number];

export interface Escalation {
  id: string;
  kind: EscalationKind;
  state: EscalationState;
  incidentId?: string;
  agentId?: string;
  orgId: string;
  projectId?: string;
  environmentId?: string;
  subject: string;
  evidence: object;
  remedy: string;
  count: number;
  openedAt: string;
  acknowledgedBy?: string;
  closedAt?: string;
  createdAt: string;
}
