import { ARTIFACT_TYPES, type ArtifactLimits } from '@reenact/contracts';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '@reenact/pipeline';

const MIB = 1024 * 1024;

export interface IngestLimits {
  /** Of environments that say nothing. */
  artifact: ArchiveLimits;
  /** That no environment passes. */
  maximum: ArchiveLimits;
  rates: {
    heartbeatsPerMinute: number;
    uploadsPerMinute: number;
    uploadBytesPerMinute: number;
    concurrentUploads: number;
    enrolmentsPerMinute: number;
    failedAuthenticationsPerMinute: number;
  };
}

export const DEFAULT_LIMITS: IngestLimits = {
  artifact: DEFAULT_ARCHIVE_LIMITS,
  maximum: DEFAULT_ARCHIVE_LIMITS,
  rates: {
    heartbeatsPerMinute: 60,
    uploadsPerMinute: 30,
    uploadBytesPerMinute: 256 * MIB,
    concurrentUploads: 4,
    enrolmentsPerMinute: 10,
    failedAuthenticationsPerMinute: 20,
  },
};

/** What holds for artifacts of an environment: its own limits where it has any, but never more than this server bears. */
export function artifactLimitsOf({ artifact, maximum }: IngestLimits, own: ArtifactLimits = {}): ArchiveLimits {
  const of = (name: keyof ArchiveLimits) => Math.min(own[name] ?? artifact[name], maximum[name]);
  return {
    maxBytes: of('maxBytes'),
    maxUnpackedBytes: of('maxUnpackedBytes'),
    maxEntries: of('maxEntries'),
    maxRatio: of('maxRatio'),
  };
}

/** The document that agents read before they send; with the limits of their environment, if that has any. */
export function limitsDocument(limits: IngestLimits, own?: ArtifactLimits): object {
  const { heartbeatsPerMinute, uploadsPerMinute, uploadBytesPerMinute, concurrentUploads } = limits.rates;
  return {
    artifact: { ...artifactLimitsOf(limits, own), types: ARTIFACT_TYPES },
    api: { maxBytes: 4 * MIB },
    rates: { heartbeatsPerMinute, uploadsPerMinute, uploadBytesPerMinute, concurrentUploads },
  };
}
