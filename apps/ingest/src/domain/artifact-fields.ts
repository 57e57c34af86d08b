import { ARTIFACT_TYPES, type ArtifactType, Hash, Id, Int, OneOf, Problem, Text, Time, validate } from '@reenact/contracts';
import type { ArtifactFacts, BundleManifest } from '@reenact/pipeline';

/** The fields that come before the file of an upload. */
export class ArtifactFields {
  @OneOf(ARTIFACT_TYPES) type: ArtifactType;
  @Time() capturedAt: string;
  @Hash({ optional: true }) specHash?: string;
  @Id('deployment', { optional: true }) deploymentId?: string;
  @Text({ min: 1, max: 128, optional: true }) bootId?: string;
  @Int({ min: 1, optional: true }) sequence?: number;
  @Hash({ optional: true }) sha256?: string;
}

/** Reads form fields, which are all text. Throws `validation_failed`. */
export function readArtifactFields(fields: ReadonlyMap<string, string>): ArtifactFields {
  const plain: Record<string, unknown> = Object.fromEntries(fields);
  const { sequence } = plain;
  if (typeof sequence === 'string' && /^\d{1,16}$/.test(sequence)) plain.sequence = Number(sequence);
  return validate(ArtifactFields, plain, { unknownFields: 'refuse' });
}

/** The hash of the spec that the bytes themselves have or state. */
export function specHashOf(facts: ArtifactFacts): string | undefined {
  return 'specHash' in facts ? facts.specHash : facts.manifest?.specHash;
}

/** Holds what the bytes say against their sender and the form. Throws `artifact_identity_mismatch` or `metadata_conflict`. */
export function assertFactsFit(
  facts: ArtifactFacts,
  fields: ArtifactFields,
  sender: { agentId: string; environmentId: string },
): void {
  if (facts.manifest) return assertManifestFits(facts.manifest, fields, sender);
  const specHash = specHashOf(facts);
  if (specHash !== undefined && fields.specHash !== undefined && specHash !== fields.specHash) {
    throw conflict('specHash', 'is not that of the spec in the bundle');
  }
}

/** Holds a manifest against its sender and the form. Throws `artifact_identity_mismatch` or `metadata_conflict`. */
export function assertManifestFits(
  manifest: BundleManifest,
  fields: ArtifactFields,
  sender: { agentId: string; environmentId: string },
): void {
  for (const name of ['agentId', 'environmentId'] as const) {
    if (manifest[name] !== sender[name]) {
      throw new Problem('artifact_identity_mismatch', {
        detail: `The manifest's ${name} is not that of the key`,
        members: { field: name },
      });
    }
  }
  for (const name of ['specHash', 'deploymentId', 'bootId', 'sequence', 'capturedAt'] as const) {
    const [given, stated] = [fields[name], manifest[name]];
    const same = name === 'capturedAt' ? Date.parse(String(given)) === Date.parse(String(stated)) : given === stated;
    if (given !== undefined && stated !== undefined && !same) {
      throw conflict(name, 'is not what the manifest says');
    }
  }
}

function conflict(field: string, what: string): Problem {
  return new Problem('metadata_conflict', { detail: `The field ${field} ${what}`, members: { field } });
}
