import { ARTIFACT_TYPES } from '@reenact/contracts';
import { type ArchiveLimits, DEFAULT_ARCHIVE_LIMITS } from '@reenact/pipeline';

const MIB = 1024 * 1024;

export interface IngestLimits {
  artifact: ArchiveLimits;
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
  rates: {
    heartbeatsPerMinute: 60,
    uploadsPerMinute: 30,
    uploadBytesPerMinute: 256 * MIB,
    concurrentUploads: 4,
    enrolmentsPerMinute: 10,
    failedAuthenticationsPerMinute: 20,
  },
};

/** The document that agents read before they send. */
export function limitsDocument({ artifact, rates }: IngestLimits): object {
  const { heartbeatsPerMinute, uploadsPerMinute, uploadBytesPerMinute, concurrentUploads } = rates;
  return {
    artifact: { ...artifact, types: ARTIFACT_TYPES },
    api: { maxBytes: 4 * MIB },
    rates: { heartbeatsPerMinute, uploadsPerMinute, uploadBytesPerMinute, concurrentUploads },
  };
}
