import { UnitOfWork } from '@reenact/persistence';
import type { RunningService, ServiceConfig } from '@reenact/service-kit';
import { type TestCaller, testCaller } from './test-caller.js';
import { testDatabase } from './test-database.js';
import { type TestNats, testNats } from './test-nats.js';

/** A service over a real broker and database of its own, and a caller. */
export interface TestService extends Pick<TestCaller, 'call' | 'problem'> {
  nats: TestNats;
  /** What it was started with; a further replica is started with the same. */
  config: ServiceConfig;
  get<T>(type: new (...parameters: never[]) => T): T;
  /** What one statement finds in the service's database. */
  rows<T = Record<string, unknown>>(sql: string, params?: unknown[]): Promise<T[]>;
  stop(): Promise<void>;
}

/** Starts a service for a test suite, which stops it. */
export async function testService(start: (config: ServiceConfig) => Promise<RunningService>): Promise<TestService> {
  const [database, nats] = await Promise.all([testDatabase(), testNats()]);
  const config: ServiceConfig = { host: '127.0.0.1', port: 0, database, nats, logLevel: 'silent' };
  const service = await start(config);
  const { call, problem, close } = testCaller(nats.url);
  const work = service.app.get(UnitOfWork);
  return {
    nats,
    config,
    call,
    problem,
    get: <T>(type: new (...parameters: never[]) => T): T => service.app.get(type),
    rows: (sql, params) => work.query(sql, params),
    async stop() {
      await close();
      await service.stop();
      await Promise.all([database.drop(), nats.close()]);
    },
  };
}
