import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import type { Envelope, MessageContract } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { coveringFilter, type StreamName, streamOf, subjectsOf } from './subjects.js';

/** The transport of `@JetStream` methods: no handler without it is ever bound to our strategy. */
export const JETSTREAM_TRANSPORT = Symbol('reenact:jetstream');

/** One envelope type per contract. */
export type EnvelopeOf<C extends MessageContract> = C extends unknown ? Envelope<C['sample']> : never;

export interface JetStreamOptions<C extends MessageContract = MessageContract> {
  /**
   * The contracts to take. `all-events`: every event, unchecked, whether its contract is known or not; one that cannot be read comes
   * as an envelope with data `{ unreadable: Unreadable }`.
   */
  messages: readonly C[] | 'all-events';
  /** `<service>-<use-case>`: the durable's name, unique in the installation. */
  durable: string;
  /** Most messages handed over at once; default 100. */
  batch?: number;
}

/** What is known of a message that has no readable envelope. */
export interface Unreadable {
  subject: string;
  headers: Record<string, string>;
  payloadBase64: string;
  reason: string;
}

/** What the strategy needs to know of a consumer. */
export interface ConsumerDefinition {
  durable: string;
  stream: StreamName;
  filter: string;
  /** By contract type; undefined takes every event as it is. */
  contracts: ReadonlyMap<string, MessageContract> | undefined;
  batch: number;
}

/** What a companion method answers to the strategy, since Nest's filters would hide which error it was. */
export interface HandlerOutcome {
  error?: unknown;
}

/**
 * Consumes commands or events with a method of a Nest `@Controller()`: `method(batch, tx) => Promise<void>`. The batch holds only
 * messages that this consumer has not handled yet; everything done with `tx` is committed together with that knowledge. What it
 * throws decides about the message: a `Problem` by its retry class, anything else is tried again.
 */
export function JetStream<C extends MessageContract>(options: JetStreamOptions<C>) {
  const definition = define(options);
  return <M extends (batch: EnvelopeOf<C>[], tx: Transaction) => Promise<void>>(
    target: object,
    key: string | symbol,
    _descriptor: TypedPropertyDescriptor<M>,
  ): void => {
    const name = `jetstream:${String(key)}`;
    const handle = async function (
      this: Record<string | symbol, M>,
      batch: EnvelopeOf<C>[],
      tx: Transaction,
    ): Promise<HandlerOutcome> {
      try {
        await this[key](batch, tx);
        return {};
      } catch (error) {
        return { error };
      }
    };
    Object.defineProperty(target, name, { value: handle, configurable: true, writable: true });
    Payload()(target, name, 0);
    Ctx()(target, name, 1);
    const descriptor = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
    EventPattern(definition.durable, JETSTREAM_TRANSPORT, { consumer: definition })(target, name, descriptor);
  };
}

function define<C extends MessageContract>({ messages, durable, batch = 100 }: JetStreamOptions<C>): ConsumerDefinition {
  if (!/^[a-z][a-z0-9-]*$/.test(durable)) throw new TypeError(`${durable} is no name for a durable`);
  if (messages === 'all-events') return { durable, stream: 'EVT', filter: 'evt.>', contracts: undefined, batch };
  const subjects = messages.map(subjectsOf);
  const streams = new Set(subjects.map(streamOf));
  if (streams.size !== 1) throw new TypeError(`${durable} must take messages of exactly one stream`);
  const contracts = new Map<string, MessageContract>(messages.map((contract) => [contract.type, contract]));
  return { durable, stream: streamOf(subjects[0]), filter: coveringFilter(subjects), contracts, batch };
}
