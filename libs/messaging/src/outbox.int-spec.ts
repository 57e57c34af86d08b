import { cpSync, rmSync } from 'node:fs';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Controller } from '@nestjs/common';
import type { Envelope } from '@reenact/contracts';
import { startNats } from '@reenact/embedded';
import { UnitOfWork } from '@reenact/persistence';
import { eventually, type TestDatabase, type TestNats, temporaryDirectory, testDatabase, testNats } from '@reenact/testing';
import { JetStream } from './jet-stream.decorator.js';
import { context, draft, type Harness, type HarnessOptions, keep, Note, noted, startHarness } from './messaging.harness.js';
import { connectNats, NATS, type NatsConnection } from './nats-connection.js';
import { Outbox } from './outbox.js';
import { OutboxRelay } from './outbox-relay.js';

let seen: number[];

@Controller()
class Recorder {
  @JetStream({ messages: [noted], durable: 'ingest-record-note' })
  async record(batch: Envelope<Note>[]): Promise<void> {
    seen.push(...batch.map((envelope) => envelope.data.n));
  }
}

const sorted = () => [...seen].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe('outbox', () => {
  let database: TestDatabase;
  let nats: TestNats;
  const running: Harness[] = [];

  const start = async (options: Partial<HarnessOptions> = {}) => {
    const harness = await startHarness({ database, nats, controllers: [Recorder], outboxSweepMs: 200, ...options });
    running.push(harness);
    return harness;
  };

  beforeEach(async () => {
    seen = [];
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
  });

  afterEach(async () => {
    for (const harness of running.splice(0)) await harness.stop();
    await nats.close();
    await database.drop();
  });

  it('outbox - skips no row when an older transaction commits last', async () => {
    const harness = await start();
    const outbox = harness.app.get(Outbox);
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let inserted = () => {};
    const olderHasItsPosition = new Promise<void>((resolve) => {
      inserted = resolve;
    });
    const older = harness.app.get(UnitOfWork).run(async (tx) => {
      await outbox.add(tx, context, [draft(1)]);
      inserted();
      await held;
    });
    await olderHasItsPosition;
    await harness.say(draft(2));
    await eventually(() => expect(seen).toEqual([2]));
    release();
    await older;
    await eventually(() => expect(seen).toEqual([2, 1]));
  });

  it('outbox - delivers each of many interleaved transactions once, through two relays', async () => {
    const one = await start();
    const two = await start();
    await Promise.all(upTo(300).map((n) => (n % 2 ? one : two).say(draft(n))));
    await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(300));
    expect(sorted()).toEqual(upTo(300));
    await eventually(async () => expect(await one.rows('select 1 from ingest.outbox where published_at is null')).toEqual([]));
  });

  it('outbox - a rolled back transaction says nothing', async () => {
    const harness = await start();
    const outbox = harness.app.get(Outbox);
    const failing = harness.work.run(async (tx) => {
      await outbox.add(tx, context, [draft(1)]);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await harness.say(draft(2));
    await eventually(() => expect(seen).toEqual([2]));
  });

  it('outbox - what a dead process committed and never published is delivered by the sweep', async () => {
    const harness = await start();
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw new Error('dead');
    });
    process.env.REENACT_CRASH_AT = 'outbox.after-commit-before-publish';
    try {
      await harness.say(draft(1));
      expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
    } finally {
      delete process.env.REENACT_CRASH_AT;
      kill.mockRestore();
    }
    await eventually(() => expect(seen).toEqual([1]));
  });

  it('outbox - a draft that breaks its contract is refused before it is stored', async () => {
    const harness = await start();
    await expect(harness.say({ ...draft(1), data: { text: 3 } })).rejects.toMatchObject({ code: 'internal' });
    expect(await harness.rows('select 1 from ingest.outbox')).toEqual([]);
  });

  it('outbox - a wiped broker gets everything again and each consumer sees each message once', async () => {
    const harness = await start();
    await harness.say(...upTo(3).map((n) => draft(n)));
    await eventually(() => expect(sorted()).toEqual([1, 2, 3]));
    await nats.wipe();
    await harness.say(...[4, 5].map((n) => draft(n)));
    await eventually(() => expect(harness.count('outbox_republished')).toBe(3), { timeoutMs: 20_000 });
    await eventually(() => expect(harness.count('consumer_duplicates')).toBe(3), { timeoutMs: 20_000 });
    await eventually(() => expect(sorted()).toEqual(upTo(5)), { timeoutMs: 20_000 });
  });

  it('outbox - a broker wiped before its consumer came still delivers', async () => {
    const sender = await start({ controllers: [] });
    await sender.say(...upTo(5).map((n) => draft(n)), draft(6, keep));
    await eventually(async () => expect(await sender.rows('select 1 from ingest.outbox where published_at is null')).toEqual([]));
    await nats.wipe();
    await start();
    await eventually(() => expect(sorted()).toEqual(upTo(5)), { timeoutMs: 20_000 });
  });

  it('outbox - a stream deleted under a living connection is made again and filled again', async () => {
    const harness = await start({ outboxReconcileMs: 300 });
    await harness.say(draft(1));
    await eventually(() => expect(seen).toEqual([1]));
    const manager = await jetstreamManager(harness.app.get<NatsConnection>(NATS));
    await manager.streams.delete('EVT');
    await harness.say(draft(2));
    await eventually(() => expect(sorted()).toEqual([1, 2]), { timeoutMs: 20_000 });
  });

  it('outbox - messages wait while the broker is stopped', async () => {
    const harness = await start();
    await harness.say(draft(1));
    await eventually(() => expect(seen).toEqual([1]));
    await nats.stop();
    await harness.say(draft(2));
    await harness.say(draft(3));
    await nats.start();
    await eventually(() => expect(sorted()).toEqual([1, 2, 3]), { timeoutMs: 20_000 });
  });

  it('outbox - rows stay until every consumer has acknowledged them, and go then', async () => {
    const harness = await start({ outboxReconcileMs: 200 });
    const manager = await jetstreamManager(harness.app.get<NatsConnection>(NATS));
    await manager.consumers.add('EVT', { durable_name: 'slow', filter_subject: 'evt.>', ack_policy: 'explicit' as never });
    await harness.say(draft(1), draft(2), draft(3, keep));
    await eventually(() => expect(sorted()).toEqual([1, 2]));
    await eventually(async () =>
      expect(await harness.rows('select 1 from ingest.known_consumer where durable = $1', ['slow'])).toHaveLength(1),
    );
    expect(await harness.rows(`select 1 from ingest.outbox where stream = 'EVT'`)).toHaveLength(2);
    await manager.consumers.delete('EVT', 'slow');
    harness.app.get(OutboxRelay).reconcile();
    await eventually(async () => expect(await harness.rows(`select 1 from ingest.outbox where stream = 'EVT'`)).toHaveLength(2));
    await harness.rows('delete from ingest.known_consumer where durable = $1', ['slow']);
    await eventually(async () => expect(await harness.rows(`select 1 from ingest.outbox where stream = 'EVT'`)).toEqual([]));
    expect(await harness.rows(`select 1 from ingest.outbox where stream = 'CMD'`)).toHaveLength(1);
  });
});

describe('outbox on a broker that lost its tail', () => {
  it('outbox - publishes again exactly what is missing, though others have filled its places', async () => {
    seen = [];
    const database = await testDatabase();
    const home = temporaryDirectory('nats-tail');
    const launch = (port?: number) => startNats({ home: home.path, port, durable: false });
    let server = await launch();
    const { url, port, storeDirectory } = server;
    const options = { database, nats: { url }, outboxSweepMs: 200 };
    const backup = `${home.path}/backup`;
    const send = async (...numbers: number[]) => {
      const sender = await startHarness(options);
      await sender.say(...numbers.map((n) => draft(n)));
      await eventually(async () =>
        expect(await sender.rows('select 1 from ingest.outbox where published_at is null')).toEqual([]),
      );
      await sender.stop();
    };
    try {
      await send(...upTo(20));
      await server.stop();
      cpSync(storeDirectory, backup, { recursive: true });
      server = await launch(port);
      await send(21, 22, 23, 24, 25);
      await server.stop();
      rmSync(storeDirectory, { recursive: true });
      cpSync(backup, storeDirectory, { recursive: true });
      server = await launch(port);
      const other = await connectNats('other', url);
      for (let i = 0; i < 10; i += 1) await jetstream(other).publish('evt.other.thing.happened.v1.org_1', '{}');
      await other.close();
      const harness = await startHarness({ ...options, controllers: [Recorder] });
      await eventually(() => expect(harness.count('outbox_republished')).toBe(5));
      await eventually(() => expect(sorted()).toEqual(upTo(25)));
      expect(harness.count('consumer_duplicates')).toBe(0);
      await harness.stop();
    } finally {
      await server.stop();
      home.remove();
      await database.drop();
    }
  });
});
