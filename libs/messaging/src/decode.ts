import { createHash } from 'node:crypto';
import { type Envelope, fromHeaders, Problem, validate } from '@reenact/contracts';
import type { Delivery } from './delivery.js';
import type { ConsumerDefinition, Unreadable } from './jet-stream.decorator.js';
import { typeOf } from './subjects.js';

/** What a delivery turned out to be for a consumer. */
export type Decoded =
  | { kind: 'message'; envelope: Envelope }
  /** The filter is wider than what the consumer takes. */
  | { kind: 'skipped' }
  | { kind: 'unreadable'; messageId: string; problem: Problem };

/** The part of a delivery that decoding reads. */
export type Readable = Pick<Delivery, 'subject' | 'payload' | 'header' | 'headers' | 'stream' | 'streamSeq' | 'timestampNanos'>;

/** Reads and checks a delivery by the contracts of its consumer. */
export function decode(delivery: Readable, definition: Pick<ConsumerDefinition, 'contracts'>): Decoded {
  const { contracts } = definition;
  const contract = contracts?.get(typeOf(delivery.subject));
  if (contracts && !contract) return { kind: 'skipped' };
  try {
    const envelope = read(delivery);
    if (envelope.type !== typeOf(delivery.subject)) throw new TypeError('ce-type is not what the subject says');
    if (contract) envelope.data = validate(contract.payload, envelope.data, { unknownFields: 'drop' });
    return { kind: 'message', envelope };
  } catch (error) {
    if (!contracts) return { kind: 'message', envelope: unreadable(delivery, error) };
    return { kind: 'unreadable', messageId: messageIdOf(delivery), problem: asProblem(error) };
  }
}

/** The message's own id, or one that is the same at every delivery of these bytes at this place. */
export function messageIdOf(delivery: Readable): string {
  const stated = delivery.header('ce-id') ?? delivery.header('Nats-Msg-Id');
  if (stated) return stated;
  const place = [delivery.stream, delivery.timestampNanos, delivery.streamSeq, delivery.subject].join('\n');
  const hex = createHash('sha256').update(place).update('\n').update(delivery.payload).digest('hex');
  // A UUIDv8 (RFC 9562): its content is ours to define.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function read(delivery: Readable): Envelope {
  const text = new TextDecoder('utf-8', { fatal: true }).decode(delivery.payload);
  return fromHeaders((name) => delivery.header(name), JSON.parse(text) as unknown);
}

function unreadable(delivery: Readable, error: unknown): Envelope<{ unreadable: Unreadable }> {
  const id = messageIdOf(delivery);
  const [, service = 'unknown'] = delivery.subject.split('.');
  return {
    id,
    type: typeOf(delivery.subject),
    source: service,
    time: new Date(Number(BigInt(delivery.timestampNanos) / 1_000_000n)).toISOString(),
    aggregate: { kind: 'unreadable', id, version: 1 },
    orgId: delivery.header('ce-orgid') ?? delivery.subject.slice(delivery.subject.lastIndexOf('.') + 1),
    actor: { kind: 'service', id: service },
    correlationId: delivery.header('ce-correlationid') ?? id,
    data: {
      unreadable: {
        subject: delivery.subject,
        headers: delivery.headers(),
        payloadBase64: Buffer.from(delivery.payload).toString('base64'),
        reason: error instanceof Error ? error.message : String(error),
      },
    },
  };
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem('validation_failed', { detail: error instanceof Error ? error.message : String(error) });
}
