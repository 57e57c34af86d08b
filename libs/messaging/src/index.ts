export * from './apply-topology.js';
export * from './broker-state.js';
export * from './caused-by.js';
export type { DeadLetter, FailedDelivery, FailureReason } from './dead-letter-store.js';
export * from './dead-letters.js';
export {
  type EnvelopeOf,
  JETSTREAM_TRANSPORT,
  JetStream,
  type JetStreamOptions,
  type Unreadable,
} from './jet-stream.decorator.js';
export * from './jet-stream.strategy.js';
export * from './messaging.module.js';
export { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
export * from './metrics-hooks.js';
export * from './nats-connection.js';
export * from './outbox.js';
export * from './outbox-relay.js';
export * from './publish-telemetry.js';
export * from './read-telemetry.js';
export * from './rpc.decorator.js';
export * from './rpc-client.js';
export * from './rpc-server.js';
export { streamOf, typeOf } from './subjects.js';
