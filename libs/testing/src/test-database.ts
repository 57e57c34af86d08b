import { randomBytes } from 'node:crypto';
import { startPostgres } from '@reenact/embedded';
import pg from 'pg';
import { Guardian } from './guardian.js';
import { temporaryDirectory } from './temporary-directory.js';

/** An empty database of one's own on a real server. */
export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** Makes a database on the run's one PostgreSQL (`REENACT_TEST_DATABASE_URL`), or on one that it starts when there is none. */
export async function testDatabase(): Promise<TestDatabase> {
  const shared = process.env.REENACT_TEST_DATABASE_URL;
  const server = shared ? { url: shared, stop: () => Promise.resolve() } : await ownServer();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(server.url, `create database ${name}`);
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const drop = async () => {
    await administer(server.url, `drop database if exists ${name} with (force)`);
    await server.stop();
  };
  return { url: url.href, drop };
}

async function ownServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const home = temporaryDirectory('postgres');
  const server = await startPostgres({ home: home.path, durable: false });
  const guardian = new Guardian(server.pid, home.path);
  const stop = async () => {
    await server.stop();
    guardian.dismiss();
    home.remove();
  };
  return { url: server.url, stop };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
