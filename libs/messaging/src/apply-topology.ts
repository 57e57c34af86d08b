import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { STREAMS, type StreamDeclaration } from '@reenact/contracts';

const NANOS = 1_000_000;
const STREAM_NAME_IN_USE = 10058;

/** Makes the streams that are missing and brings the others to their declaration; safe to call at any time by anybody. */
export async function applyTopology(nc: NatsConnection, streams: readonly StreamDeclaration[] = STREAMS): Promise<void> {
  const manager = await jetstreamManager(nc, { checkAPI: false });
  for (const stream of streams) await applyStream(manager, stream);
}

async function applyStream(manager: JetStreamManager, stream: StreamDeclaration): Promise<void> {
  const wanted = configOf(stream);
  const current = await configNow(manager, stream.name);
  if (current === undefined) return create(manager, wanted);
  if (differs(current, wanted)) await manager.streams.update(stream.name, wanted);
}

async function create(manager: JetStreamManager, wanted: Partial<StreamConfig> & { name: string }): Promise<void> {
  try {
    await manager.streams.add(wanted);
  } catch (error) {
    // Another service was faster, with another setting that is the installation's choice (replicas).
    if (!(error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE)) throw error;
  }
}

async function configNow(manager: JetStreamManager, name: string): Promise<StreamConfig | undefined> {
  try {
    return (await manager.streams.info(name)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) return undefined;
    throw error;
  }
}

/** Replicas are left out: they are the installation's choice. */
function configOf(stream: StreamDeclaration) {
  return {
    name: stream.name,
    subjects: stream.subjects,
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    discard: DiscardPolicy.Old,
    max_age: stream.maxAgeMs * NANOS,
    max_bytes: stream.maxBytes,
    max_msg_size: stream.maxMessageBytes,
    max_msgs_per_subject: stream.maxMessagesPerSubject ?? -1,
    duplicate_window: stream.duplicateWindowMs * NANOS,
  } satisfies Partial<StreamConfig>;
}

function differs(current: StreamConfig, wanted: ReturnType<typeof configOf>): boolean {
  return Object.entries(wanted).some(
    ([key, value]) => JSON.stringify(current[key as keyof StreamConfig]) !== JSON.stringify(value),
  );
}
