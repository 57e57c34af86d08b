import { type ObjectStoreConfig, readObjectStoreConfig } from '@reenact/object-store';
import { EnvReader, readServiceConfig, type ServiceConfig } from '@reenact/service-kit';
import { type Capacity, DEFAULT_CAPACITY } from './domain/capacity.js';
import { DEFAULT_LIMITS, type IngestLimits } from './domain/limits.js';
import { DEFAULT_SCRUB_PACE, type ScrubPace } from './domain/scrub-pace.js';
import { DEFAULT_UPLOAD_PATIENCE, type UploadPatience } from './domain/upload-patience.js';

export interface IngestConfig extends ServiceConfig {
  objectStore: ObjectStoreConfig;
  /** Left out: `DEFAULT_LIMITS`. */
  limits?: IngestLimits;
  /** Left out: `DEFAULT_CAPACITY`. */
  capacity?: Capacity;
  /** Left out: `DEFAULT_UPLOAD_PATIENCE`. */
  patience?: UploadPatience;
  /** Left out: `DEFAULT_SCRUB_PACE`. */
  scrub?: ScrubPace;
}

/** Throws a ConfigError that names every variable that is wrong. */
export function readIngestConfig(env: NodeJS.ProcessEnv): IngestConfig {
  const reader = new EnvReader(env);
  const config = {
    ...reader.group(() => readServiceConfig(env, 'ingest')),
    objectStore: reader.group(() => readObjectStoreConfig(env, '.reenact/objects')),
    limits: { ...readArtifactLimits(reader), rates: readRates(reader) },
    capacity: readCapacity(reader),
    ...readPaces(reader),
  };
  reader.done();
  return config;
}

function readPaces(reader: EnvReader): Required<Pick<IngestConfig, 'patience' | 'scrub'>> {
  const read = (name: string, fallback: number) => reader.integer(name, { min: 1, max: 2 ** 31 - 1, fallback });
  const [patience, scrub] = [DEFAULT_UPLOAD_PATIENCE, DEFAULT_SCRUB_PACE];
  return {
    patience: {
      idleMs: read('REENACT_UPLOAD_IDLE_MS', patience.idleMs),
      totalMs: read('REENACT_UPLOAD_TOTAL_MS', patience.totalMs),
    },
    scrub: {
      everyHours: read('REENACT_SCRUB_EVERY_HOURS', scrub.everyHours),
      bytesPerSecond: read('REENACT_SCRUB_BYTES_PER_SECOND', scrub.bytesPerSecond),
    },
  };
}

function readCapacity(reader: EnvReader): Capacity {
  const read = (name: string, fallback: number) => reader.integer(name, { min: 1, max: Number.MAX_SAFE_INTEGER, fallback });
  return {
    maxRequests: read('REENACT_INGEST_REQUESTS_IN_FLIGHT', DEFAULT_CAPACITY.maxRequests),
    maxUnauthenticatedPerAddress: read(
      'REENACT_INGEST_UNAUTHENTICATED_PER_ADDRESS',
      DEFAULT_CAPACITY.maxUnauthenticatedPerAddress,
    ),
    maxBytes: read('REENACT_INGEST_BYTES_IN_FLIGHT', DEFAULT_CAPACITY.maxBytes),
  };
}

function readArtifactLimits(reader: EnvReader): Pick<IngestLimits, 'artifact' | 'maximum'> {
  const { artifact, maximum } = DEFAULT_LIMITS;
  const read = (name: string, fallback: number) => reader.integer(name, { min: 1, max: Number.MAX_SAFE_INTEGER, fallback });
  const configured = {
    maxBytes: read('REENACT_ARTIFACT_MAX_BYTES', maximum.maxBytes),
    maxUnpackedBytes: read('REENACT_ARTIFACT_MAX_UNPACKED_BYTES', maximum.maxUnpackedBytes),
    maxEntries: read('REENACT_ARTIFACT_MAX_ENTRIES', maximum.maxEntries),
    maxRatio: read('REENACT_ARTIFACT_MAX_RATIO', maximum.maxRatio),
  };
  return { artifact, maximum: configured };
}

function readRates(reader: EnvReader): IngestLimits['rates'] {
  const read = (name: string, fallback: number) => reader.integer(name, { min: 1, max: Number.MAX_SAFE_INTEGER, fallback });
  const { rates } = DEFAULT_LIMITS;
  const configured = {
    heartbeatsPerMinute: read('REENACT_HEARTBEATS_PER_MINUTE', rates.heartbeatsPerMinute),
    uploadsPerMinute: read('REENACT_UPLOADS_PER_MINUTE', rates.uploadsPerMinute),
    uploadBytesPerMinute: read('REENACT_UPLOAD_BYTES_PER_MINUTE', rates.uploadBytesPerMinute),
    concurrentUploads: read('REENACT_CONCURRENT_UPLOADS', rates.concurrentUploads),
    enrolmentsPerMinute: read('REENACT_ENROLMENTS_PER_MINUTE', rates.enrolmentsPerMinute),
    failedAuthenticationsPerMinute: read('REENACT_FAILED_AUTHENTICATIONS_PER_MINUTE', rates.failedAuthenticationsPerMinute),
  };
  return configured;
}
