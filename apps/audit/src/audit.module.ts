import { type DynamicModule, Module } from '@nestjs/common';
import { MessagingModule } from '@reenact/messaging';
import { messagingTables, PersistenceModule } from '@reenact/persistence';
import { ServiceKitModule } from '@reenact/service-kit';
import { AppendEntriesHandler } from './append-entries/append-entries.handler.js';
import { AUDIT_CONFIG, type AuditConfig } from './audit.config.js';
import { LogKey } from './log-key.js';
import { ReadEntryHandler } from './read-entry/read-entry.handler.js';
import { ReadEntryRpc } from './read-entry/read-entry.rpc.js';
import { ProveLogHandler } from './read-log/prove-log.handler.js';
import { ReadLogRpc } from './read-log/read-log.rpc.js';
import { ReadTileHandler } from './read-log/read-tile.handler.js';
import { SealEntryConsumer } from './seal-entry/seal-entry.consumer.js';
import { SealEntryHandler } from './seal-entry/seal-entry.handler.js';
import { SealTalliesHandler } from './seal-tallies/seal-tallies.handler.js';
import { SealTalliesTimer } from './seal-tallies/seal-tallies.timer.js';
import { SignCheckpointHandler } from './sign-checkpoint/sign-checkpoint.handler.js';
import { SignCheckpointTimer } from './sign-checkpoint/sign-checkpoint.timer.js';
import { CheckpointStore } from './store/checkpoint.store.js';
import { DenialTallyStore } from './store/denial-tally.store.js';
import { EntryStore } from './store/entry.store.js';
import { LogStore } from './store/log.store.js';
import { LogTables1700000001000 } from './store/log-tables.migration.js';
import { TileStore } from './store/tile.store.js';

/** The verifiable log: seals every audited event, signs what it has sealed, and proves it. */
@Module({})
export class AuditModule {
  static register(config: AuditConfig): DynamicModule {
    return {
      module: AuditModule,
      imports: [
        ServiceKitModule,
        PersistenceModule.forRoot({
          service: 'audit',
          database: config.database,
          entities: [],
          migrations: [messagingTables('audit'), LogTables1700000001000],
        }),
        MessagingModule.forRoot({ service: 'audit', nats: config.nats }),
      ],
      controllers: [SealEntryConsumer, ReadEntryRpc, ReadLogRpc],
      providers: [
        { provide: AUDIT_CONFIG, useValue: config },
        LogKey,
        LogStore,
        EntryStore,
        TileStore,
        CheckpointStore,
        DenialTallyStore,
        AppendEntriesHandler,
        SealEntryHandler,
        SealTalliesHandler,
        SealTalliesTimer,
        SignCheckpointHandler,
        SignCheckpointTimer,
        ReadEntryHandler,
        ProveLogHandler,
        ReadTileHandler,
      ],
    };
  }
}
