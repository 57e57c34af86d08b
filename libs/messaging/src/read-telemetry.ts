import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, ReplayPolicy } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Problem } from '@reenact/contracts';

const STREAM = 'TEL';
const WAIT_MS = 2_000;
const CONSUMER_LIFE_NS = 30_000 * 1_000_000;

/** The payloads of what the telemetry stream still holds of a subject, oldest first. Throws `try_later` when the stream does not answer. */
export async function readTelemetry<T>(nc: NatsConnection, subject: string): Promise<T[]> {
  try {
    const manager = await jetstreamManager(nc, { checkAPI: false });
    const { name, num_pending } = await manager.consumers.add(STREAM, {
      filter_subject: subject,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      inactive_threshold: CONSUMER_LIFE_NS,
      mem_storage: true,
    });
    try {
      return num_pending === 0 ? [] : await fetchAll<T>(nc, name, num_pending);
    } finally {
      await manager.consumers.delete(STREAM, name).catch(() => undefined);
    }
  } catch (cause) {
    throw new Problem('try_later', { detail: 'The telemetry stream does not answer', cause });
  }
}

async function fetchAll<T>(nc: NatsConnection, consumer: string, count: number): Promise<T[]> {
  const pull = await jetstream(nc).consumers.get(STREAM, consumer);
  const items: T[] = [];
  for await (const message of await pull.fetch({ max_messages: count, expires: WAIT_MS })) {
    items.push(message.json<T>());
    if (items.length >= count || message.info.pending === 0) break;
  }
  return items;
}
