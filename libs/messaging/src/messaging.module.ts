import type { NatsConnection } from '@nats-io/transport-node';
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { applyTopology } from './apply-topology.js';
import { BatchProcessor } from './batch-processor.js';
import { BrokerState } from './broker-state.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { DeadLetters } from './dead-letters.js';
import { HandlerGuard } from './handler-guard.js';
import { Inbox } from './inbox.js';
import { JetStreamStrategy } from './jet-stream.strategy.js';
import { Maintenance } from './maintenance.timer.js';
import { MESSAGING_OPTIONS, type MessagingOptions } from './messaging-options.js';
import { MetricsHooks } from './metrics-hooks.js';
import { connectNats, NATS } from './nats-connection.js';
import { Outbox } from './outbox.js';
import { OutboxPublisher } from './outbox-publisher.js';
import { OutboxReconciler } from './outbox-reconciler.js';
import { OutboxRelay } from './outbox-relay.js';
import { OutboxStore } from './outbox-store.js';
import { RpcClient } from './rpc-client.js';
import { RpcServer } from './rpc-server.js';

/**
 * Gives a service its messages, everywhere: `NATS`, `Outbox`, `OutboxRelay`, `RpcClient`, `RpcServer`, `JetStreamStrategy`, `DeadLetters`,
 * `MetricsHooks`. Needs `PersistenceModule`, imported before it, whose pool is closed after it.
 */
@Module({})
export class MessagingModule implements OnApplicationShutdown {
  constructor(
    @Inject(NATS) private readonly nc: NatsConnection,
    private readonly relay: OutboxRelay,
    private readonly rpc: RpcClient,
    private readonly maintenance: Maintenance,
  ) {}

  static forRoot(options: MessagingOptions): DynamicModule {
    return {
      module: MessagingModule,
      global: true,
      imports: [DiscoveryModule],
      providers: [
        { provide: MESSAGING_OPTIONS, useValue: options },
        { provide: NATS, useFactory: () => connectWithStreams(options) },
        { provide: BrokerState, useFactory: (nc: NatsConnection) => new BrokerState(nc), inject: [NATS] },
        BatchProcessor,
        DeadLetters,
        DeadLetterStore,
        HandlerGuard,
        Inbox,
        JetStreamStrategy,
        Maintenance,
        MetricsHooks,
        Outbox,
        OutboxPublisher,
        OutboxReconciler,
        OutboxRelay,
        OutboxStore,
        RpcClient,
        RpcServer,
      ],
      exports: [
        MESSAGING_OPTIONS,
        NATS,
        BrokerState,
        DeadLetters,
        JetStreamStrategy,
        MetricsHooks,
        Outbox,
        OutboxRelay,
        RpcClient,
        RpcServer,
      ],
    };
  }

  /** Comes after the transports are closed: what handlers committed is published, then the connections go. */
  async onApplicationShutdown(): Promise<void> {
    this.maintenance.stop();
    await this.relay.stop();
    await this.rpc.close();
    await this.nc.close();
  }
}

async function connectWithStreams({ service, nats }: MessagingOptions): Promise<NatsConnection> {
  const nc = await connectNats(service, nats.url);
  // A broker that cannot say yet is asked again by the relay and the consumers.
  await applyTopology(nc).catch(() => undefined);
  return nc;
}
