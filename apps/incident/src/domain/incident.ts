import type { ArtifactStored, CapturedIncident, Incident, IncidentState, Severity } from '@reenact/contracts';

/** What an artifact says of its incident, or what stands in for it: bundles of the older layout say nothing. */
export function capturedBy(artifact: Pick<ArtifactStored, 'incident' | 'specHash' | 'sha256'>): CapturedIncident {
  return (
    artifact.incident ?? {
      title: 'Incident bundle without a description',
      severity: 'medium',
      fingerprint: `bundle:${artifact.specHash ?? artifact.sha256}`,
    }
  );
}

/** Where and when an incident was seen. */
export interface Sighting {
  at: string;
  agentId?: string;
  deploymentId?: string;
}

/** It was seen again: a resolved one is open again; what people wrote stays. */
export function recur(incident: Incident, { at, agentId, deploymentId }: Sighting): Incident {
  return {
    ...incident,
    state: incident.state === 'resolved' ? 'open' : incident.state,
    occurrences: incident.occurrences + 1,
    ...(agentId !== undefined && { agentId }),
    ...(deploymentId !== undefined && { deploymentId }),
    firstSeenAt: at < incident.firstSeenAt ? at : incident.firstSeenAt,
    lastSeenAt: at > incident.lastSeenAt ? at : incident.lastSeenAt,
  };
}

/** What a person changes; a null assignee takes it away. */
export interface IncidentChange {
  title?: string;
  severity?: Severity;
  state?: IncidentState;
  assignee?: string | null;
}

/** The incident with a change, and which of its fields differ. */
export function change(incident: Incident, wanted: IncidentChange): { incident: Incident; changed: (keyof IncidentChange)[] } {
  const { assignee: before, ...rest } = incident;
  const assignee = wanted.assignee === undefined ? before : (wanted.assignee ?? undefined);
  const after: Incident = {
    ...rest,
    title: wanted.title ?? incident.title,
    severity: wanted.severity ?? incident.severity,
    state: wanted.state ?? incident.state,
    ...(assignee !== undefined && { assignee }),
  };
  const changed = (['title', 'severity', 'state', 'assignee'] as const).filter((field) => after[field] !== incident[field]);
  return { incident: after, changed };
}
