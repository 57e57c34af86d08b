import type { Artifact, ArtifactType, RejectionCode } from '@reenact/contracts';

/** `ingest.artifact` as PostgreSQL answers it. */
export interface ArtifactRow {
  id: string;
  type: ArtifactType;
  state: Artifact['state'];
  sha256: string;
  size: number;
  unpacked_size: number;
  compressed: boolean;
  format: string;
  org_id: string;
  project_id: string;
  environment_id: string;
  agent_id: string;
  deployment_id: string | null;
  incident_id: string | null;
  spec_hash: string | null;
  captured_at: Date;
  received_at: Date;
  boot_id: string | null;
  sequence: number | null;
  records: number | null;
  stream_id: string | null;
  redactions: string[];
  not_replayable: RejectionCode | null;
}

/** The record that callers see. */
export function toArtifact(row: ArtifactRow): Artifact {
  const receivedAt = row.received_at.toISOString();
  return {
    id: row.id,
    type: row.type,
    state: row.state,
    sha256: row.sha256,
    size: row.size,
    unpackedSize: row.unpacked_size,
    orgId: row.org_id,
    projectId: row.project_id,
    agentId: row.agent_id,
    environmentId: row.environment_id,
    ...present({
      deploymentId: row.deployment_id,
      incidentId: row.incident_id,
      specHash: row.spec_hash,
      bootId: row.boot_id,
      sequence: row.sequence,
      records: row.records,
    }),
    capturedAt: row.captured_at.toISOString(),
    receivedAt,
    format: row.format,
    redactions: row.redactions,
    replayable: replayable(row),
    createdAt: receivedAt,
  };
}

function replayable({ state, not_replayable: code }: ArtifactRow): Artifact['replayable'] {
  if (state === 'quarantined') return { ok: false, code: 'artifact_quarantined' };
  return code === null ? { ok: true } : { ok: false, code };
}

function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as never;
}
