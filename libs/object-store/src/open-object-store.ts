import { FileObjectStore } from './file-object-store.js';
import type { ObjectStore } from './object-store.js';
import { PART_BUFFER_BYTES } from './part-buffer.js';
import type { S3Options } from './s3-object-store.js';

/** Which store, and where. */
export type ObjectStoreConfig = { kind: 'file'; directory: string } | ({ kind: 's3' } & S3Options);

/** Opens the store that the configuration names; the S3 client is loaded only when it is used. */
export async function openObjectStore(config: ObjectStoreConfig): Promise<ObjectStore> {
  if (config.kind === 'file') return FileObjectStore.open(config.directory, Date.now());
  const { S3ObjectStore } = await import('./s3-object-store.js');
  return S3ObjectStore.open(config, Date.now());
}

/** What one writer of such a store keeps in memory at most, beyond the chunk that it is given. */
export function writerBytes({ kind }: ObjectStoreConfig): number {
  return kind === 's3' ? PART_BUFFER_BYTES : 0;
}

/** `REENACT_S3_*` when an endpoint is given, else files in `REENACT_OBJECT_DIR` or the default. Throws naming what is missing. */
export function readObjectStoreConfig(env: Record<string, string | undefined>, defaultDirectory: string): ObjectStoreConfig {
  const endpoint = env.REENACT_S3_ENDPOINT;
  if (!endpoint) return { kind: 'file', directory: env.REENACT_OBJECT_DIR || defaultDirectory };
  const missing = ['REENACT_S3_BUCKET', 'REENACT_S3_ACCESS_KEY_ID', 'REENACT_S3_SECRET_ACCESS_KEY'].filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`REENACT_S3_ENDPOINT needs ${missing.join(' and ')} beside it`);
  return {
    kind: 's3',
    endpoint,
    region: env.REENACT_S3_REGION || 'us-east-1',
    bucket: env.REENACT_S3_BUCKET as string,
    accessKeyId: env.REENACT_S3_ACCESS_KEY_ID as string,
    secretAccessKey: env.REENACT_S3_SECRET_ACCESS_KEY as string,
    ...(env.REENACT_S3_PREFIX && { prefix: env.REENACT_S3_PREFIX }),
  };
}
