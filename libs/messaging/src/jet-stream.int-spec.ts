import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { Controller } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import { type Envelope, newUuid, Problem, toHeaders } from '@reenact/contracts';
import type { Transaction } from '@reenact/persistence';
import { eventually, type TestDatabase, type TestNats, testDatabase, testNats } from '@reenact/testing';
import pg from 'pg';
import { DeadLetters } from './dead-letters.js';
import { JetStream, type Unreadable } from './jet-stream.decorator.js';
import {
  context,
  draft,
  erased,
  type Harness,
  type HarnessOptions,
  keep,
  mentioned,
  Note,
  noted,
  startHarness,
} from './messaging.harness.js';
import { NATS, type NatsConnection } from './nats-connection.js';

/** What the handlers below do; each test says it. */
let behave: (note: Note, tx: Transaction) => Promise<void> | void;
let batches: number[][];
let events: Envelope[];
let unnamed: number;

@Controller()
class Notes {
  @JetStream({ messages: [noted, erased], durable: 'ingest-follow-note', batch: 50 })
  async follow(batch: Envelope<Note>[], tx: Transaction): Promise<void> {
    batches.push(batch.map((envelope) => envelope.data.n));
    for (const { data } of batch) {
      await behave(data, tx);
      await tx.query('insert into ingest.effect (n) values ($1)', [data.n]);
    }
  }

  @JetStream({ messages: [keep], durable: 'ingest-keep-note' })
  async keep(batch: Envelope<Note>[], tx: Transaction): Promise<void> {
    for (const { data } of batch) await tx.query('insert into ingest.effect (n) values ($1)', [data.n + 1000]);
  }
}

@Controller()
class Everything {
  @JetStream({ messages: 'all-events', durable: 'ingest-see-everything' })
  async see(batch: Envelope[]): Promise<void> {
    events.push(...batch);
  }
}

describe('jet-stream', () => {
  let database: TestDatabase;
  let nats: TestNats;
  let harness: Harness;

  const start = async (options: Partial<HarnessOptions> = {}) => {
    harness = await startHarness({ database, nats, controllers: [Notes], outboxSweepMs: 200, ...options });
    await harness.rows('create table if not exists ingest.effect (n integer not null)');
  };
  const effects = async () => (await harness.rows<{ n: number }>('select n from ingest.effect order by n')).map((row) => row.n);
  const publish = (subject: string, payload: string, fields: Record<string, string>) => {
    const carried = headers();
    for (const [name, value] of Object.entries(fields)) carried.set(name, value);
    return jetstream(harness.app.get<NatsConnection>(NATS)).publish(subject, payload, { headers: carried });
  };
  const envelope = (n: number): Envelope => ({
    ...context,
    id: newUuid(),
    type: noted.type,
    source: 'ingest',
    time: new Date().toISOString(),
    orgId: 'org_1',
    aggregate: { kind: 'note', id: `note-${n}`, version: 1 },
    data: { text: 'x', n },
  });

  beforeEach(async () => {
    behave = () => {};
    batches = [];
    events = [];
    unnamed = 0;
    [database, nats] = await Promise.all([testDatabase(), testNats()]);
  });

  afterEach(async () => {
    await harness?.stop();
    await nats.close();
    await database.drop();
  });

  it('jet-stream - a poison message becomes a dead letter and blocks no other of its batch', async () => {
    behave = ({ n }) => {
      if (n === 3) throw new Problem('plan_mismatch', { detail: 'poison' });
    };
    await start();
    await harness.say(...[1, 2, 3, 4, 5].map((n) => draft(n)));
    await eventually(async () => expect(await effects()).toEqual([1, 2, 4, 5]));
    const [letter, ...others] = await eventually(async () => {
      const letters = await harness.app.get(DeadLetters).list();
      expect(letters).not.toEqual([]);
      return letters;
    });
    expect(others).toEqual([]);
    expect(letter).toMatchObject({
      consumer: 'ingest-follow-note',
      reason: { code: 'plan_mismatch', message: 'poison' },
      stream: 'EVT',
    });
    expect(letter.history).toHaveLength(1);
    expect(JSON.parse(Buffer.from(letter.payload).toString())).toEqual({ text: 'note 3', n: 3 });
    expect(letter.headers['ce-type']).toBe(noted.type);
  });

  it('jet-stream - takes waiting messages in batches', async () => {
    await start({ controllers: [] });
    await harness.say(...Array.from({ length: 120 }, (_, n) => draft(n)));
    await eventually(async () =>
      expect(await harness.rows('select 1 from ingest.outbox where published_at is null')).toEqual([]),
    );
    await harness.stop();
    await start();
    await eventually(async () => expect(await effects()).toHaveLength(120));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(50);
    expect(batches.length).toBeLessThan(10);
  });

  it('jet-stream - an unknown error is tried ten times, then a dead letter that can be redriven', async () => {
    let fail = true;
    behave = () => {
      if (fail) throw new TypeError('broken');
    };
    await start();
    await harness.say(draft(1));
    const letters = harness.app.get(DeadLetters);
    const [letter] = await eventually(
      async () => {
        const found = await letters.list({ consumer: 'ingest-follow-note' });
        expect(found).toHaveLength(1);
        return found;
      },
      { timeoutMs: 20_000 },
    );
    expect(batches).toHaveLength(10);
    expect(letter.history.map((failure) => failure.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(letter.reason).toEqual({ code: 'internal', message: 'TypeError: broken' });
    await expect(letters.redrive(letter.id)).rejects.toThrow('broken');
    expect((await letters.list())[0].history).toHaveLength(11);
    fail = false;
    await letters.redrive(letter.id);
    expect(await effects()).toEqual([1]);
    expect(await letters.list()).toEqual([]);
    await expect(letters.redrive(letter.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('jet-stream - a problem of the class later is tried again until it works, with one effect', async () => {
    let tries = 0;
    behave = () => {
      tries += 1;
      if (tries < 4) throw new Problem('try_later');
    };
    await start();
    await harness.say(draft(1));
    await eventually(async () => expect(await effects()).toEqual([1]));
    expect(tries).toBe(4);
    expect(await harness.rows('select 1 from ingest.failed_delivery')).toEqual([]);
    expect(await harness.app.get(DeadLetters).list()).toEqual([]);
  });

  it('jet-stream - a message that comes twice has one effect', async () => {
    await start();
    const message = envelope(7);
    const send = () => publish(`${noted.type}.org_1`, JSON.stringify(message.data), toHeaders(message));
    const [first, second] = [await send(), await send()];
    expect(second.seq).toBe(first.seq + 1);
    await eventually(() => expect(harness.count('consumer_duplicates')).toBe(1));
    expect(await effects()).toEqual([7]);
  });

  it('jet-stream - dying between commit and acknowledgement has one effect', async () => {
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw new Error('dead');
    });
    process.env.REENACT_CRASH_AT = 'consumer.after-commit-before-ack:1';
    try {
      await start();
      await harness.say(draft(1));
      await eventually(() => expect(kill).toHaveBeenCalled());
    } finally {
      delete process.env.REENACT_CRASH_AT;
      kill.mockRestore();
    }
    await eventually(() => expect(harness.count('consumer_duplicates')).toBe(1), { timeoutMs: 20_000 });
    expect(await effects()).toEqual([1]);
  });

  it('jet-stream - goes on after the broker was away for seconds', async () => {
    await start();
    await harness.say(draft(1));
    await eventually(async () => expect(await effects()).toEqual([1]));
    await nats.stop();
    await harness.say(draft(2));
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await harness.say(draft(3));
    await nats.start();
    await eventually(async () => expect(await effects()).toEqual([1, 2, 3]), { timeoutMs: 20_000 });
  });

  it('jet-stream - goes on when the broker dies under a running handler', async () => {
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    behave = async ({ n }) => {
      if (n !== 1) return;
      entered();
      await held;
    };
    await start();
    await harness.say(draft(1));
    await inside;
    await nats.wipe();
    release();
    await harness.say(draft(2));
    await eventually(async () => expect(await effects()).toEqual([1, 2]), { timeoutMs: 20_000 });
    await eventually(() => expect(harness.count('consumer_duplicates')).toBe(1), { timeoutMs: 20_000 });
    expect(await effects()).toEqual([1, 2]);
  });

  it('jet-stream - a deleted durable is made again and nothing has a second effect', async () => {
    await start();
    await harness.say(draft(1), draft(2, keep));
    await eventually(async () => expect(await effects()).toEqual([1, 1002]));
    const nc = harness.app.get<NatsConnection>(NATS);
    await (await jetstreamManager(nc)).consumers.delete('EVT', 'ingest-follow-note');
    await harness.say(draft(3));
    await eventually(async () => expect(await effects()).toEqual([1, 3, 1002]), { timeoutMs: 20_000 });
    expect(await effects()).toEqual([1, 3, 1002]);
  });

  it('jet-stream - a wildcard durable acknowledges and skips what it does not take', async () => {
    await start();
    await harness.say(draft(1), draft(2, mentioned), draft(3, erased));
    await eventually(async () => expect(await effects()).toEqual([1, 3]));
    await eventually(() => expect(harness.count('consumer_skipped')).toBe(1));
    expect(batches.flat()).not.toContain(2);
  });

  it('jet-stream - an unreadable message is a dead letter, and an unreadable event for who takes all', async () => {
    await start({ controllers: [Notes, Everything] });
    const good = envelope(1);
    const bad = envelope(2);
    const wrong = envelope(3);
    await publish(`${noted.type}.org_1`, JSON.stringify(good.data), toHeaders(good));
    await publish(`${noted.type}.org_1`, 'not json', toHeaders(bad));
    await publish(`${noted.type}.org_1`, '{"text":1,"n":"x"}', toHeaders(wrong));
    await publish('evt.elsewhere.thing.happened.v1.org_1', '{}', {});
    await eventually(() => expect(events).toHaveLength(4));
    expect(events[0]).toEqual(good);
    const unreadable = (e: Envelope) => (e.data as { unreadable?: Unreadable }).unreadable;
    expect(events[1]).toMatchObject({ id: bad.id, orgId: 'org_1', type: noted.type });
    expect(Buffer.from(unreadable(events[1])?.payloadBase64 ?? '', 'base64').toString()).toBe('not json');
    expect(events[2].data).toEqual({ text: 1, n: 'x' });
    expect(unreadable(events[3])?.reason).toMatch('missing');
    const letters = await eventually(async () => {
      const found = await harness.app.get(DeadLetters).list({ consumer: 'ingest-follow-note' });
      expect(found).toHaveLength(2);
      return found;
    });
    expect(letters.map((letter) => letter.messageId)).toEqual([bad.id, wrong.id]);
    expect(letters[1].reason).toMatchObject({
      code: 'validation_failed',
      errors: expect.arrayContaining([{ path: '/n', message: 'n must be an integer number' }]),
    });
    expect(await effects()).toEqual([1]);
  });

  it('jet-stream - two processes share a durable', async () => {
    await start();
    const other = await startHarness({ database, nats, controllers: [Notes] });
    await harness.say(...Array.from({ length: 200 }, (_, n) => draft(n)));
    await eventually(async () => expect(await effects()).toHaveLength(200));
    await other.stop();
    await harness.say(draft(500));
    await eventually(async () => expect(await effects()).toHaveLength(201));
  });

  it('jet-stream - stopping waits for the batch that is being handled', async () => {
    let finished = false;
    let entered = () => {};
    const inside = new Promise<void>((resolve) => {
      entered = resolve;
    });
    behave = async () => {
      entered();
      await new Promise((resolve) => setTimeout(resolve, 300));
      finished = true;
    };
    await start();
    await harness.say(draft(1));
    await inside;
    await harness.stop();
    expect(finished).toBe(true);
    behave = () => {};
    batches = [];
    await start();
    await harness.say(draft(2));
    await eventually(async () => expect(await effects()).toEqual([1, 2]));
    expect(batches).toEqual([[2]]);
  });

  it('jet-stream - a database that goes away is nobody’s failure', async () => {
    let away = true;
    behave = async (_note, tx) => {
      if (!away) return;
      away = false;
      await tx.query('select pg_terminate_backend(pg_backend_pid())');
    };
    await start();
    await harness.say(draft(1));
    await eventually(async () => expect(await effects()).toEqual([1]), { timeoutMs: 20_000 });
    expect(await harness.app.get(DeadLetters).list()).toEqual([]);
  });

  it('jet-stream - while the database is away nothing is pulled, and everything is handled afterwards', async () => {
    await start();
    await harness.say(draft(1));
    await eventually(async () => expect(await effects()).toEqual([1]));
    const admin = new pg.Client({ connectionString: Object.assign(new URL(database.url), { pathname: '/postgres' }).href });
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    try {
      await admin.query(`alter database ${name} with allow_connections false`);
      await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
      for (const n of [2, 3]) {
        const message = envelope(n);
        await publish(`${noted.type}.org_1`, JSON.stringify(message.data), toHeaders(message));
      }
      const manager = await jetstreamManager(harness.app.get<NatsConnection>(NATS));
      const delivered = async () => (await manager.consumers.info('EVT', 'ingest-follow-note')).delivered.consumer_seq;
      await eventually(async () => expect(await delivered()).toBeGreaterThan(1));
      const before = await delivered();
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      expect((await delivered()) - before).toBeLessThanOrEqual(2);
    } finally {
      await admin.query(`alter database ${name} with allow_connections true`);
      await admin.end();
    }
    await eventually(async () => expect(await effects()).toEqual([1, 2, 3]), { timeoutMs: 20_000 });
    expect(await harness.app.get(DeadLetters).list()).toEqual([]);
  });

  it('jet-stream - a handler that names no transport, and a pattern used twice, fail the boot', async () => {
    @Controller()
    class Unnamed {
      @MessagePattern('anything')
      handle() {
        unnamed += 1;
      }
    }
    @Controller()
    class Twin {
      @JetStream({ messages: [noted], durable: 'ingest-follow-note' })
      async follow(_batch: Envelope<Note>[]): Promise<void> {}
    }
    await expect(startHarness({ database, nats, controllers: [Unnamed] })).rejects.toThrow('Unnamed.handle names no transport');
    await expect(startHarness({ database, nats, controllers: [Notes, Twin] })).rejects.toThrow('ingest-follow-note');
    await start();
    expect(unnamed).toBe(0);
  });
});
