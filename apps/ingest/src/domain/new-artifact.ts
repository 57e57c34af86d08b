import type { ArtifactStored, EventContract, MessageDraft } from '@reenact/contracts';
import type { ArtifactFacts } from '@reenact/pipeline';
import type { ArtifactRow } from './artifact-row.js';
import { type ArtifactFields, specHashOf } from './artifact-fields.js';
import type { AgentPrincipal } from './principal.js';

/** An upload that holds what it promises. */
export interface NewArtifact {
  agent: AgentPrincipal;
  fields: ArtifactFields;
  facts: ArtifactFacts;
  sha256: string;
  receivedAt: Date;
}

type NewRow = Omit<ArtifactRow, 'state' | 'incident_id'>;

/** The record of an upload; what the manifest says goes before the fields, which agree with it or are silent. */
export function newArtifactRow(id: string, { agent, fields, facts, sha256, receivedAt }: NewArtifact): NewRow {
  const { manifest } = facts;
  return {
    id,
    type: facts.type,
    sha256,
    size: facts.size,
    unpacked_size: facts.unpackedSize,
    compressed: facts.compressed,
    format: facts.format,
    org_id: agent.orgId,
    project_id: agent.projectId,
    environment_id: agent.environmentId,
    agent_id: agent.agentId,
    deployment_id: manifest?.deploymentId ?? fields.deploymentId ?? null,
    spec_hash: specHashOf(facts) ?? fields.specHash ?? null,
    captured_at: new Date(manifest?.capturedAt ?? fields.capturedAt),
    received_at: receivedAt,
    boot_id: manifest?.bootId ?? fields.bootId ?? null,
    sequence: manifest?.sequence ?? fields.sequence ?? null,
    records: manifest?.journal?.records ?? null,
    stream_id: manifest?.journal?.streamId ?? null,
    redactions: (manifest?.redactions ?? []).map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    not_replayable: facts.replayable.code ?? null,
  };
}

/** The entries as they are kept for later reads. */
export function storedEntries(facts: ArtifactFacts) {
  return facts.entries.map(({ path, role, size, sha256, start, points, restarts }) => ({
    path,
    role: role ?? roleOf(path),
    size,
    sha256,
    start,
    ...(points && { points }),
    ...(restarts && { restarts }),
  }));
}

const roleOf = (path: string) => (path === 'manifest.json' ? 'manifest' : 'document');

/** What the others learn of it. */
export function storedEvent(
  row: NewRow,
  facts: ArtifactFacts,
  contract: EventContract<ArtifactStored>,
): MessageDraft<ArtifactStored> {
  const data: ArtifactStored = {
    artifactId: row.id,
    type: row.type,
    sha256: row.sha256,
    size: row.size,
    agentId: row.agent_id,
    capturedAt: row.captured_at.toISOString(),
    ...(row.deployment_id !== null && { deploymentId: row.deployment_id }),
    ...(row.spec_hash !== null && { specHash: row.spec_hash }),
    ...(row.boot_id !== null && { bootId: row.boot_id }),
    ...(row.sequence !== null && { sequence: row.sequence }),
    ...(row.records !== null && { records: row.records }),
    ...(facts.type === 'incident_bundle' && { incident: incidentOf(row, facts) }),
  };
  const { org_id: orgId, project_id: projectId, environment_id: environmentId } = row;
  return { contract, data, orgId, projectId, environmentId, aggregate: { id: row.id, version: 1 } };
}

const MAX_TEXT = 200;

function incidentOf(row: NewRow, { manifest }: ArtifactFacts): ArtifactStored['incident'] {
  const { title, severity, fingerprint, labels } = manifest?.incident ?? {
    title: `Incident bundle of ${row.agent_id}`,
    severity: 'medium' as const,
    fingerprint: row.spec_hash ?? row.sha256,
    labels: undefined,
  };
  return { title: title.slice(0, MAX_TEXT), severity, fingerprint: fingerprint.slice(0, MAX_TEXT), ...(labels && { labels }) };
}
