import { EventEmitter, once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { newId, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { canTestS3, testS3 } from '@reenact/testing';
import { UnitOfWork } from '@reenact/persistence';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { type Harness, startHarness } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { BlobStore } from '../store/blob.store.js';
import { RemoveBlobHandler } from './remove-blob.handler.js';
import { SweepBlobsHandler } from './sweep-blobs.handler.js';

const LIMITS = {
  ...DEFAULT_LIMITS,
  rates: { ...DEFAULT_LIMITS.rates, uploadsPerMinute: 10_000, concurrentUploads: 50 },
};
const UPLOADERS = 4;

/** Uploads of the same bytes against a janitor that takes everything pending for abandoned, and failing uploads that discard theirs. */
function suite(start: () => Promise<{ ingest: Harness; stop: () => Promise<void> }>, rounds: number): void {
  let ingest: Harness;
  let stop: () => Promise<void>;
  let objects: ObjectStore;
  /** Tells the key of every object whose removal begins. */
  const removals = new EventEmitter();

  beforeAll(async () => {
    ({ ingest, stop } = await start());
    objects = ingest.app.get<ObjectStore>(OBJECT_STORE);
    // Removals that take a while and arrive late: the window in which an unfenced one would hit a later object.
    const remove = objects.delete.bind(objects);
    jest.spyOn(objects, 'delete').mockImplementation(async (key, signal) => {
      removals.emit(key);
      await setTimeout(Math.random() * 15);
      await remove(key, signal);
    });
  }, 400_000);
  afterAll(() => stop());

  const blobOf = (bytes: Buffer) => {
    const { orgId } = ingest.place;
    return { orgId, sha256: sha256(bytes), key: `blobs/${orgId}/${sha256(bytes).slice(7)}`, size: bytes.length };
  };

  it(`leaves no record without its object in ${rounds} rounds`, async () => {
    const agents = Array.from({ length: UPLOADERS }, () => ingest.addAgent());
    const get = {
      blobs: ingest.app.get(BlobStore),
      work: ingest.app.get(UnitOfWork),
      removal: ingest.app.get(RemoveBlobHandler),
    };
    let [racing, removed] = [true, 0];
    const janitor = async () => {
      while (racing) {
        const gone = await ingest.app.get(SweepBlobsHandler).sweep(-60_000);
        removed += gone;
      }
    };
    const janitors = [janitor(), janitor()];
    const statuses = new Set<number>();
    for (let round = 0; round < rounds; round += 1) {
      const bytes = Buffer.from(`round ${round} ${newId('artifact')}`);
      const blob = blobOf(bytes);
      const failing = async () => {
        await get.blobs.announce(get.work, [blob], new Date());
        await get.removal.discard(blob);
      };
      // What an upload left that died: the janitor is at it while the others come.
      const begun = once(removals, blob.key);
      await get.blobs.announce(get.work, [blob], new Date());
      await begun;
      const uploads = agents.map(async (agent) => {
        await setTimeout(Math.random() * 20);
        return ingest.upload(agent, bytes, { type: 'diagnostic' });
      });
      const answers = (await Promise.all([...uploads, failing(), failing()])).slice(0, UPLOADERS);
      for (const answer of answers) if (answer) statuses.add(answer.status);
    }
    racing = false;
    await Promise.all(janitors);
    expect([...statuses]).toEqual([201]);
    const records = await ingest.rows<{ key: string; size: number }>(
      'select blob.key, blob.size from ingest.artifact join ingest.blob using (org_id, sha256)',
    );
    expect(records).toHaveLength(rounds * UPLOADERS);
    for (const { key, size } of records) expect(await objects.stat(key)).toEqual({ size });
    expect(await ingest.rows(`select key from ingest.blob where state <> 'stored'`)).toEqual([]);
    expect(removed).toBeGreaterThanOrEqual(rounds);
  }, 60_000);
}

describe('uploads of equal bytes and the janitor, over files', () => {
  suite(async () => {
    const ingest = await startHarness(LIMITS);
    return { ingest, stop: () => ingest.stop() };
  }, 40);
});

(canTestS3() ? describe : describe.skip)('uploads of equal bytes and the janitor, over S3', () => {
  suite(async () => {
    const s3 = await testS3();
    const ingest = await startHarness(LIMITS, { kind: 's3', ...s3 });
    const stop = async () => {
      await ingest.stop();
      await s3.close();
    };
    return { ingest, stop };
  }, 10);
});
