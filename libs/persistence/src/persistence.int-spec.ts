import { Problem } from '@reenact/contracts';
import { eventually, type TestDatabase, testDatabase } from '@reenact/testing';
import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import { openDatabase } from './database.js';
import { IdempotencyStore } from './idempotency-store.js';
import { messagingTables } from './messaging-tables.migration.js';
import type { Transaction } from './transaction.js';
import { UnitOfWork } from './unit-of-work.js';

class Counter implements MigrationInterface {
  name = 'Counter1800000000000';
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table replay_orchestrator.counter (id integer primary key, n bigint not null)');
    await runner.query('insert into replay_orchestrator.counter values (1, 0), (2, 0)');
  }
  async down(): Promise<void> {}
}

describe('persistence', () => {
  let database: TestDatabase;
  let source: DataSource;
  let work: UnitOfWork;
  const open = () =>
    openDatabase({
      service: 'replay-orchestrator',
      database,
      entities: [],
      migrations: [messagingTables('replay-orchestrator'), Counter],
    });

  beforeAll(async () => {
    database = await testDatabase();
    // Four replicas boot at once: each migration runs once.
    const [first, ...others] = await Promise.all([open(), open(), open(), open()]);
    for (const other of others) await other.destroy();
    source = first;
    work = new UnitOfWork(source);
  });

  afterAll(async () => {
    await source.destroy();
    await database.drop();
  });

  it('migrate - replicas that boot together run each migration once', async () => {
    const rows = await work.query<{ name: string }>('select name from replay_orchestrator.migration order by id');
    expect(rows.map((row) => row.name)).toEqual(['MessagingTables1700000000000', 'Counter1800000000000']);
  });

  it('unit of work - answers rows, also of update returning, and int8 as numbers', async () => {
    const rows = await work.run((tx) =>
      tx.query('update replay_orchestrator.counter set n = 9007199254740991 where id = 1 returning id, n'),
    );
    expect(rows).toEqual([{ id: 1, n: 9007199254740991 }]);
    expect(await work.run((tx) => tx.query('update replay_orchestrator.counter set n = 0 where id = 7'))).toEqual([]);
  });

  it('unit of work - calls back after the commit, never after a rollback, and a callback cannot undo it', async () => {
    const called: string[] = [];
    await work.run(async (tx) => {
      tx.afterCommit(() => called.push('committed'));
      tx.afterCommit(() => {
        throw new Error('too late');
      });
      await tx.query('update replay_orchestrator.counter set n = 5 where id = 1');
      expect(called).toEqual([]);
    });
    const failing = work.run(async (tx) => {
      tx.afterCommit(() => called.push('rolled back'));
      await tx.query('update replay_orchestrator.counter set n = 6 where id = 1');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(called).toEqual(['committed']);
    expect(await work.query('select n from replay_orchestrator.counter where id = 1')).toEqual([{ n: 5 }]);
  });

  it('unit of work - works that ask together share a transaction, each with its own answer', async () => {
    const shared = [2, 1].map((id) =>
      work.together(String(id), async (tx) => {
        await tx.query('update replay_orchestrator.counter set n = n + 1 where id = $1', [id]);
        const [{ transaction }] = await tx.query<{ transaction: string }>('select pg_current_xact_id()::text as transaction');
        return { id, transaction };
      }),
    );
    const answers = await Promise.all(shared);
    expect(answers.map(({ id }) => id)).toEqual([2, 1]);
    expect(new Set(answers.map(({ transaction }) => transaction)).size).toBe(1);
  });

  it('unit of work - works of one key are kept apart by the locks they take', async () => {
    await work.query('update replay_orchestrator.counter set n = 0');
    const increment = () =>
      work.together('1', async (tx) => {
        const [{ n }] = await tx.query<{ n: number }>('select n from replay_orchestrator.counter where id = 1 for update');
        await tx.query('update replay_orchestrator.counter set n = $1 where id = 1', [n + 1]);
      });
    await Promise.all(Array.from({ length: 20 }, increment));
    expect(await work.query('select n from replay_orchestrator.counter where id = 1')).toEqual([{ n: 20 }]);
  });

  it('unit of work - nobody fails for a neighbour, whether it throws or its statement fails', async () => {
    await work.query('update replay_orchestrator.counter set n = 0');
    const add = (id: number) =>
      work.together(`add ${id}`, (tx) => tx.query('update replay_orchestrator.counter set n = n + 1 where id = $1', [id]));
    const committed: string[] = [];
    const throwing = work.together('throwing', async (tx) => {
      tx.afterCommit(() => committed.push('never'));
      await tx.query('update replay_orchestrator.counter set n = 70 where id = 1');
      throw new Problem('not_found');
    });
    const broken = work.together('broken', (tx) => tx.query('insert into replay_orchestrator.counter values ($1, 0)', [1]));
    const results = await Promise.allSettled([add(1), throwing, add(2), broken]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
    expect(results[1]).toMatchObject({ reason: { code: 'not_found' } });
    expect(results[3]).toMatchObject({ reason: { code: '23505' } });
    expect(committed).toEqual([]);
    expect(await work.query('select n from replay_orchestrator.counter order by id')).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('unit of work - what may be forgotten does not wait for the disk, and what comes after it does', async () => {
    const setting = async (tx: Pick<Transaction, 'query'>) => (await tx.query('show synchronous_commit'))[0];
    const before = await work.run(setting);
    expect(await work.forgettable(setting)).toEqual({ synchronous_commit: 'off' });
    expect(await work.run(setting)).toEqual(before);
  });

  it('unit of work - does statements asked for together in their order, and ends with the transaction', async () => {
    const kept: Transaction[] = [];
    const [, seen] = await work.run((tx) => {
      kept.push(tx);
      return Promise.all([
        tx.query('update replay_orchestrator.counter set n = 8 where id = $1', [2]),
        tx.query('select n from replay_orchestrator.counter where id = $1', [2]),
      ]);
    });
    expect(seen).toEqual([{ n: 8 }]);
    await expect(kept[0].query('select 1')).rejects.toThrow('has ended');
  });

  it('unit of work - makes last statements when the work is done, and commits nothing without them', async () => {
    const set = 'update replay_orchestrator.counter set n = $2 / $3::integer where id = $1';
    let divisor = 0;
    await work.run(async (tx) => {
      tx.beforeCommit(() => ({ sql: set, params: [1, 14, divisor] }));
      await tx.query('update replay_orchestrator.counter set n = 0 where id = 1');
      divisor = 2;
    });
    expect(await work.query('select n from replay_orchestrator.counter where id = 1')).toEqual([{ n: 7 }]);
    const unmade = () => {
      throw new Error('cannot be made');
    };
    for (const [statement, reason] of [
      [() => ({ sql: set, params: [1, 14, 0] }), 'division by zero'],
      [unmade, 'cannot be made'],
    ] as const) {
      const failing = work.run(async (tx) => {
        tx.beforeCommit(statement);
        await tx.query('update replay_orchestrator.counter set n = 100 where id = 1');
      });
      await expect(failing).rejects.toThrow(reason);
      expect(await work.query('select n from replay_orchestrator.counter where id = 1')).toEqual([{ n: 7 }]);
    }
  });

  it('unit of work - a statement that failed unnoticed lets nothing be committed', async () => {
    const swallowing = work.run(async (tx) => {
      await tx.query('update replay_orchestrator.counter set n = 9 where id = 2');
      await tx.query('select 1 / $1::integer', [0]).catch(() => undefined);
    });
    await expect(swallowing).rejects.toThrow('nothing was committed');
    expect(await work.query('select n from replay_orchestrator.counter where id = 2')).toEqual([{ n: 8 }]);
  });

  it('unit of work - reads on when a migration changed what a known statement answers', async () => {
    const read = () => work.query('select * from replay_orchestrator.counter where id = $1', [2]);
    await read();
    await work.query('alter table replay_orchestrator.counter add column note text');
    expect(await read()).toEqual([{ id: 2, n: 8, note: null }]);
    await work.query('alter table replay_orchestrator.counter drop column note');
    expect(await work.run((tx) => tx.query('select * from replay_orchestrator.counter where id = $1', [2]))).toEqual([
      { id: 2, n: 8 },
    ]);
  });

  it('unit of work - runs the loser of a deadlock again', async () => {
    await work.query('update replay_orchestrator.counter set n = 0');
    let runs = 0;
    let arrived = 0;
    const both = (first: number, second: number) =>
      work.run(async (tx) => {
        runs += 1;
        await tx.query('update replay_orchestrator.counter set n = n + 1 where id = $1', [first]);
        arrived += 1;
        await eventually(() => expect(arrived).toBeGreaterThanOrEqual(2));
        await tx.query('update replay_orchestrator.counter set n = n + 1 where id = $1', [second]);
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    expect(runs).toBe(3);
    expect(await work.query('select n from replay_orchestrator.counter order by id')).toEqual([{ n: 2 }, { n: 2 }]);
  });

  describe('idempotency', () => {
    const store = new IdempotencyStore('replay_orchestrator');
    const once = (key: string | undefined, requestHash: string, answer: () => Promise<unknown>) =>
      work.run((tx) => store.once(tx, { caller: 'usr_1', route: 'POST replays', key, requestHash }, answer));

    it('idempotency - the same request gets the first answer, another one is refused', async () => {
      expect(await once('k1', 'h1', async () => ({ id: 'rpl_1' }))).toEqual({ id: 'rpl_1' });
      expect(await once('k1', 'h1', async () => ({ id: 'rpl_2' }))).toEqual({ id: 'rpl_1' });
      await expect(once('k1', 'h2', async () => ({}))).rejects.toMatchObject({ code: 'idempotency_key_reused' });
      expect(await once(undefined, 'h1', async () => 'again')).toBe('again');
    });

    it('idempotency - a failure is not remembered', async () => {
      await expect(once('k2', 'h1', () => Promise.reject(new Problem('try_later')))).rejects.toMatchObject({ code: 'try_later' });
      expect(await once('k2', 'h1', async () => 'ok')).toBe('ok');
    });

    it('idempotency - a second request while the first runs is told so', async () => {
      let release = () => {};
      let entered = () => {};
      const inside = new Promise<void>((resolve) => {
        entered = resolve;
      });
      const first = once('k3', 'h1', () => {
        entered();
        return new Promise((resolve) => {
          release = () => resolve('first');
        });
      });
      await inside;
      await expect(once('k3', 'h1', async () => 'second')).rejects.toMatchObject({ code: 'idempotency_key_in_progress' });
      release();
      expect(await first).toBe('first');
      expect(await once('k3', 'h1', async () => 'third')).toBe('first');
    });

    it('idempotency - is forgotten after a day', async () => {
      await once('k4', 'h1', async () => 'old');
      await work.query(`update replay_orchestrator.idempotency set created_at = now() - interval '25 hours' where key = 'k4'`);
      expect(await once('k4', 'h2', async () => 'new')).toBe('new');
    });
  });
});
