import type { RejectionCode } from '../rejections.js';

export const ARTIFACT_TYPES = ['incident_bundle', 'snapshot', 'diagnostic'] as const;
export type ArtifactType = (typeof ARTIFACT_TYPES)[number];

export interface Artifact {
  id: string;
  type: ArtifactType;
  state: 'stored' | 'quarantined';
  sha256: string;
  size: number;
  unpackedSize?: number;
  orgId: string;
  projectId: string;
  agentId: string;
  environmentId: string;
  deploymentId?: string;
  incidentId?: string;
  specHash?: string;
  versionId?: string;
  capturedAt: string;
  receivedAt: string;
  bootId?: string;
  sequence?: number;
  format?: string;
  records?: number;
  redactions: string[];
  replayable: { ok: boolean; code?: RejectionCode };
  createdAt: string;
}

export interface ArtifactEntry {
  path: string;
  role: string;
  size: number;
  sha256: string;
}

/** What the runner needs to open a bundle. */
export interface ArtifactSource {
  artifact: Artifact;
  blob: BlobKey;
  /** Names the sequence whose offsets are unique for ever. */
  streamId: string;
}

export interface BlobKey {
  key: string;
  size: number;
  sha256: string;
}

/** One record of a captured journal, as the journal page shows it. */
export interface JournalPage {
  items: object[];
  nextFrom: number | null;
}
