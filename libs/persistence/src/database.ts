import type { ServiceName } from '@reenact/contracts';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { schemaOf } from './schema.js';

/** Where a service's database is. */
export interface DatabaseConfig {
  url: string;
  /** Connections this process may hold; default 10. */
  poolSize?: number;
}

export interface DatabaseOptions {
  service: ServiceName;
  database: DatabaseConfig;
  entities: Function[];
  migrations: Function[];
}

const INT8_OID = 20;
/** Serialises migrations of all services and replicas on one database. */
const MIGRATION_LOCK = 7_265_101;
const START_DEADLINE_MS = 30_000;
/** PostgreSQL is there but not open for business yet, or nothing listens yet. */
const NOT_READY = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', '57P03', '53300']);

/**
 * Statements are prepared, and each has one plan for all its parameters and for as long as the connection lives, whatever the table was like
 * when it was made: by an index, since every statement has one to go by. A plan for certain parameters trusts statistics that know little
 * of pairs of columns, and may read all of a table for a page of it. Compiling plans costs more than they do.
 */
const PLANNER = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off';

// A number keeps every integer up to 2^53; counters and sizes stay far below.
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8_OID ? Number : pg.types.getTypeParser(oid, format as 'text'),
};

/**
 * A TypeORM data source bound to the service's schema, migrated and ready. Creates the schema when it is missing; migrations run
 * under an advisory lock held on a connection of its own. `int8` comes as a number. Waits up to 30 s for a database that is starting.
 */
export async function openDatabase(options: DatabaseOptions): Promise<DataSource> {
  const { service, database, entities, migrations } = options;
  const schema = schemaOf(service);
  const lock = await connectPatiently(database.url, `${service} migrations`);
  try {
    await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await lock.query(`create schema if not exists ${schema}`);
    const source = new DataSource({
      type: 'postgres',
      url: database.url,
      schema,
      applicationName: service,
      poolSize: database.poolSize ?? 10,
      entities,
      migrations,
      migrationsTableName: 'migration',
      migrationsTransactionMode: 'each',
      synchronize: false,
      installExtensions: false,
      logging: false,
      poolErrorHandler: () => undefined, // the pool replaces a broken idle connection by itself
      extra: {
        types,
        // Statements asked for together travel together.
        pipeline: true,
        options: PLANNER,
        // Who stands still in the middle holds its rows no longer than that: others take over its work.
        idle_in_transaction_session_timeout: 15_000,
        connectionTimeoutMillis: 10_000,
        idleTimeoutMillis: 30_000,
      },
    });
    await source.initialize();
    try {
      await source.runMigrations();
    } catch (error) {
      await source.destroy();
      throw error;
    }
    return source;
  } finally {
    await lock.end();
  }
}

async function connectPatiently(url: string, applicationName: string): Promise<pg.Client> {
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url, application_name: applicationName, connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      const code = (error as { code?: string }).code;
      if (!code || !NOT_READY.has(code) || performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}
