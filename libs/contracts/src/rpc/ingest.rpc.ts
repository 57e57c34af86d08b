import { defineRpc } from '../define.js';
import { Hash, Id, Int, OneOf, Text, Time } from '../field.js';
import type { Heartbeat, RefusalCount } from '../shapes/agent.js';
import {
  ARTIFACT_TYPES,
  type Artifact,
  type ArtifactEntry,
  type ArtifactSource,
  type ArtifactType,
  type JournalPage,
} from '../shapes/artifact.js';
import { type BlobReference, type Page, PageQuery } from '../shapes/common.js';

const ART = 'art_01h455vb4pex5vsknk084sn02q';
const AGT = 'agt_01h455vb4pex5vsknk084sn02q';

export class ReadArtifact {
  @Id('artifact') artifactId: string;
}
export const readArtifact = defineRpc<Artifact>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'read',
  request: ReadArtifact,
  sample: { artifactId: ART },
});

/** The artifact, where its bytes are, and its stream: for the orchestrator and the runner. */
export const openArtifact = defineRpc<ArtifactSource>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'open',
  request: ReadArtifact,
  sample: { artifactId: ART },
});

export class ListArtifacts extends PageQuery {
  @Id('organisation') orgId: string;
  /** The projects that the caller may see; absent: the whole organisation. */
  @Id('project', { array: true, maxItems: 1000, optional: true }) projectIds?: string[];
  @Id('environment', { optional: true }) environmentId?: string;
  @Id('agent', { optional: true }) agentId?: string;
  @Id('incident', { optional: true }) incidentId?: string;
  @OneOf(ARTIFACT_TYPES, { optional: true }) type?: ArtifactType;
  @Hash({ optional: true }) specHash?: string;
  @Time({ optional: true }) capturedFrom?: string;
  @Time({ optional: true }) capturedTo?: string;
}
export const listArtifacts = defineRpc<Page<Artifact>>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'list',
  request: ListArtifacts,
  sample: { orgId: 'org_01h455vb4pex5vsknk084sn02q' },
});

/** A reference to the stored bytes; the gateway streams them. */
export const referArtifactContent = defineRpc<BlobReference>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'refer-content',
  request: ReadArtifact,
  sample: { artifactId: ART },
});

export class ListArtifactEntries extends PageQuery {
  @Id('artifact') artifactId: string;
}
/** In the order of the archive. */
export const listArtifactEntries = defineRpc<Page<ArtifactEntry>>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'list-entries',
  request: ListArtifactEntries,
  sample: { artifactId: ART },
});

export class ReadArtifactEntry {
  @Id('artifact') artifactId: string;
  @Text({ min: 1, max: 1024 }) path: string;
}
export const referArtifactEntry = defineRpc<BlobReference>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'refer-entry',
  request: ReadArtifactEntry,
  sample: { artifactId: ART, path: 'spec.json' },
});

export class ReadJournalPage {
  @Id('artifact') artifactId: string;
  /** The first offset wanted. */
  @Int({ optional: true }) from?: number;
  @Int({ min: 1, max: 200, optional: true }) limit?: number;
}
export const readJournalPage = defineRpc<JournalPage>()({
  service: 'ingest',
  noun: 'artifact',
  verb: 'read-journal',
  request: ReadJournalPage,
  sample: { artifactId: ART },
});

export class ListHeartbeats {
  @Id('organisation') orgId: string;
  @Id('agent') agentId: string;
  @Int({ min: 1, max: 256, optional: true }) limit?: number;
}
export const listHeartbeats = defineRpc<{ items: Heartbeat[]; nextCursor: null }>()({
  service: 'ingest',
  noun: 'heartbeat',
  verb: 'list',
  request: ListHeartbeats,
  sample: { orgId: 'org_01h455vb4pex5vsknk084sn02q', agentId: AGT },
});

export class ListRefusals extends PageQuery {
  @Id('agent') agentId: string;
}
export const listRefusals = defineRpc<Page<RefusalCount>>()({
  service: 'ingest',
  noun: 'refusal',
  verb: 'list',
  request: ListRefusals,
  sample: { agentId: AGT },
});
