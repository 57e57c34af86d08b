import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import { type CallContext, type Envelope, newUuid, Problem, toHeaders } from '@reenact/contracts';

/** A reading: `type` is `tel.<noun>.<fact>.v<n>`, the aggregate is what was read (version: the reading's own sequence). */
export type Reading = Pick<Envelope, 'type' | 'source' | 'orgId' | 'projectId' | 'environmentId' | 'aggregate' | 'time' | 'data'>;

const clients = new WeakMap<NatsConnection, JetStreamClient>();

function clientOf(nc: NatsConnection): JetStreamClient {
  const client = clients.get(nc) ?? jetstream(nc);
  clients.set(nc, client);
  return client;
}

/**
 * Publishes to `<type>.<orgId>.<aggregate id>` past the outbox, since readings are disposable by declaration. Resolves once the
 * stream has it; throws `try_later` when the stream does not say so in time.
 */
export async function publishTelemetry(
  nc: NatsConnection,
  reading: Reading,
  context: CallContext,
  options: { timeoutMs?: number } = {},
): Promise<void> {
  const id = newUuid();
  const carried = headers();
  for (const [name, value] of Object.entries(toHeaders({ ...context, ...reading, id }))) carried.set(name, value);
  const subject = `${reading.type}.${reading.orgId}.${reading.aggregate.id}`;
  try {
    await clientOf(nc).publish(subject, JSON.stringify(reading.data), {
      headers: carried,
      msgID: id,
      timeout: options.timeoutMs ?? 2_000,
    });
  } catch (cause) {
    throw new Problem('try_later', { cause });
  }
}
