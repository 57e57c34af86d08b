import { artifactRepeated, type MessageDraft } from '@reenact/contracts';
import type { ArtifactRow } from './artifact-row.js';
import type { NewArtifact } from './new-artifact.js';

/** What is said of an upload whose bytes are known, if it came under a number of its own. */
export function repeatedEvent(known: ArtifactRow, { fields, facts: { manifest } }: NewArtifact): MessageDraft[] {
  const bootId = manifest?.bootId ?? fields.bootId;
  const sequence = manifest?.sequence ?? fields.sequence;
  if (bootId === undefined || sequence === undefined) return [];
  if (known.boot_id === bootId && known.sequence === sequence) return [];
  const { id, agent_id: agentId, org_id: orgId, project_id: projectId, environment_id: environmentId } = known;
  const data = { artifactId: id, agentId, bootId, sequence };
  // Nothing of the record changes, so this is no news of it.
  return [{ contract: artifactRepeated, data, orgId, projectId, environmentId, aggregate: { id, version: 1 } }];
}
