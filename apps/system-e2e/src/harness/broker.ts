import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { type Envelope, fromHeaders, toHeaders } from '@reenact/contracts';
import { eventually } from '@reenact/testing';

/** The broker as somebody who got hold of its credentials uses it. */
export class Broker {
  private constructor(private readonly nc: NatsConnection) {}

  static async connect(url: string): Promise<Broker> {
    const { host, username, password } = new URL(url);
    return new Broker(await connect({ servers: host, user: decodeURIComponent(username), pass: decodeURIComponent(password) }));
  }

  async close(): Promise<void> {
    await this.nc.close();
  }

  /** The message that was published last on a subject. */
  async last<T>(stream: string, subject: string): Promise<Envelope<T>> {
    const manager = await jetstreamManager(this.nc);
    const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
    if (!message) throw new Error(`nothing was published on ${subject}`);
    return fromHeaders<T>((name) => message.header.get(name) || undefined, message.json<T>());
  }

  async publish(subject: string, envelope: Envelope): Promise<void> {
    const carried = headers();
    for (const [name, value] of Object.entries(toHeaders(envelope))) carried.set(name, value);
    await jetstream(this.nc).publish(subject, JSON.stringify(envelope.data), { headers: carried, msgID: envelope.id });
  }

  /** Resolves when a durable consumer has settled every message of its subject. */
  async settled(stream: string, durable: string): Promise<void> {
    const manager = await jetstreamManager(this.nc);
    await eventually(async () => {
      const { num_pending, num_ack_pending } = await manager.consumers.info(stream, durable);
      if (num_pending + num_ack_pending > 0)
        throw new Error(`${durable} has ${num_pending} to take and ${num_ack_pending} to settle`);
    });
  }
}
