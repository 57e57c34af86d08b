import { existsSync } from 'node:fs';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import pg from 'pg';
import { eventually, FakeClock, testDatabase, testNats, testObjectStore } from './index.js';

async function streamNames(url: string, add?: string): Promise<string[]> {
  const { host, username, password } = new URL(url);
  const connection = await connect({ servers: host, user: username, pass: password });
  try {
    const manager = await jetstreamManager(connection);
    if (add) await manager.streams.add({ name: add, subjects: [add] });
    return await manager.streams.names().next();
  } finally {
    await connection.close();
  }
}

describe('test-database', () => {
  it('gives each caller an empty database and drops it under open connections', async () => {
    const [one, two] = await Promise.all([testDatabase(), testDatabase()]);
    const client = new pg.Client({ connectionString: one.url });
    client.on('error', () => {});
    await client.connect();
    await client.query('create table t (n int)');
    const other = new pg.Client({ connectionString: two.url });
    await other.connect();
    await expect(other.query('select * from t')).rejects.toMatchObject({ code: '42P01' });
    await other.end();
    await Promise.all([one.drop(), two.drop()]);
    await expect(client.query('select 1')).rejects.toThrow();
    await expect(new pg.Client({ connectionString: one.url }).connect()).rejects.toMatchObject({ code: '3D000' });
  });
});

describe('test-nats', () => {
  it('keeps streams over stop and start, loses them with wipe, always at the same address', async () => {
    const nats = await testNats();
    try {
      expect(await streamNames(nats.url, 'KEPT')).toEqual(['KEPT']);
      await nats.stop();
      await nats.start();
      expect(await streamNames(nats.url)).toEqual(['KEPT']);
      await nats.wipe();
      expect(await streamNames(nats.url)).toEqual([]);
    } finally {
      await nats.close();
    }
  });
});

describe('test-object-store', () => {
  it('keeps what is put until it is cleaned up', async () => {
    const store = await testObjectStore();
    await store.put('blobs/x', Buffer.from('hello'));
    expect(await store.stat('blobs/x')).toEqual({ size: 5 });
    await store.cleanup();
    expect(existsSync(store.directory)).toBe(false);
  });
});

describe('eventually', () => {
  it('answers the first success and throws the last failure', async () => {
    let turn = 0;
    const third = () => {
      turn += 1;
      if (turn < 3) throw new Error(`turn ${turn}`);
      return turn;
    };
    expect(await eventually(third, { intervalMs: 1 })).toBe(3);
    const never = () => {
      throw new Error('never');
    };
    await expect(eventually(never, { timeoutMs: 10, intervalMs: 1 })).rejects.toThrow('never');
  });
});

describe('fake-clock', () => {
  it('moves only when told', () => {
    const clock = new FakeClock('2026-02-03T04:05:06.789Z');
    clock.advance(1000);
    expect(clock.now().toISOString()).toBe('2026-02-03T04:05:07.789Z');
    expect(clock.now()).toEqual(clock.now());
  });
});
