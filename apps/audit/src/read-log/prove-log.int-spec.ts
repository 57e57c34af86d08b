import { createHash } from 'node:crypto';
import { newId } from '@reenact/contracts';
import { type Transaction, UnitOfWork } from '@reenact/persistence';
import { appendToTiles, verifyInclusion } from '@reenact/transparency-log';
import { type AuditHarness, auditHarness } from '../audit.harness.js';
import { SignCheckpointHandler } from '../sign-checkpoint/sign-checkpoint.handler.js';
import { TileStore } from '../store/tile.store.js';
import { ProveLogHandler } from './prove-log.handler.js';

const SIZE = 100_000;
const leafAt = (index: number) => createHash('sha256').update(String(index)).digest();

/** Rows that this connection has fetched from the service's tables, by what PostgreSQL itself counts. */
async function rowsRead(tx: Transaction): Promise<number> {
  const [{ read }] = await tx.query<{ read: number }>(
    `select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read from pg_stat_xact_user_tables where schemaname = 'audit'`,
  );
  return read;
}

describe('prove-log', () => {
  let harness: AuditHarness;

  beforeAll(async () => {
    harness = await auditHarness();
  });

  afterAll(() => harness.close());

  it('prove-log - an inclusion proof in a log of 100 000 entries reads a handful of rows', async () => {
    const { app } = await harness.start();
    const work = app.get(UnitOfWork);
    const log = newId('organisation');
    const leaves = Array.from({ length: SIZE }, (_, index) => leafAt(index));
    await work.run(async (tx) => {
      await app.get(TileStore).write(tx, log, appendToTiles(0, [], leaves));
      await tx.query(
        `insert into audit.entry (log, leaf_index, body, leaf_hash, at, type, category, outcome, actor_id, subject_id, correlation_id)
         select $1, i, '{}', sha256(convert_to(i::text, 'utf8')), now(), 't', 'audit', 'succeeded', 'a', 's', 'c' from generate_series(0, $2 - 1) as i`,
        [log, SIZE],
      );
      await tx.query('insert into audit.head (log, size) values ($1, $2)', [log, SIZE]);
    });
    await app.get(SignCheckpointHandler).sign();
    await work.query('analyze audit.entry, audit.tile, audit.checkpoint');

    for (const index of [0, 255, 65_535, 65_536, 77_777, SIZE - 1]) {
      const { proof, rows } = await work.run(async (tx) => {
        const before = await rowsRead(tx);
        const answer = await app.get(ProveLogHandler).inclusion({ log, index }, tx);
        return { proof: answer, rows: (await rowsRead(tx)) - before };
      });
      expect(proof.hashes.length).toBeLessThanOrEqual(17);
      expect(proof.leafHash).toBe(leafAt(index).toString('base64'));
      const hashes = proof.hashes.map((hash) => Buffer.from(hash, 'base64'));
      expect(
        verifyInclusion({ index, size: SIZE, leafHash: leafAt(index), hashes, root: Buffer.from(proof.rootHash, 'base64') }),
      ).toBe(true);
      // Checkpoint, entry, and the tiles of path and root: 3 levels, at most two tiles each.
      expect(rows).toBeGreaterThan(2);
      expect(rows).toBeLessThanOrEqual(10);
    }
  });
});
