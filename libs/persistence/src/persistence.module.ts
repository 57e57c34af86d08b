import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { type DatabaseOptions, openDatabase } from './database.js';
import { IdempotencyStore } from './idempotency-store.js';
import { schemaOf } from './schema.js';
import { SCHEMA } from './tokens.js';
import { UnitOfWork } from './unit-of-work.js';

/** Gives a service its database: `DataSource`, `UnitOfWork` and `IdempotencyStore`, everywhere; closes the pool at shutdown. */
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  static forRoot(options: DatabaseOptions): DynamicModule {
    return {
      module: PersistenceModule,
      global: true,
      providers: [
        { provide: SCHEMA, useValue: schemaOf(options.service) },
        { provide: DataSource, useFactory: () => openDatabase(options) },
        UnitOfWork,
        IdempotencyStore,
      ],
      exports: [SCHEMA, DataSource, UnitOfWork, IdempotencyStore],
    };
  }

  /** Last of all hooks that use it: modules that import this one are shut down before it. */
  async onApplicationShutdown(): Promise<void> {
    if (this.source.isInitialized) await this.source.destroy();
  }
}
