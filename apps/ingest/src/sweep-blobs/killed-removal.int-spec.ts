import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { newId, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { type ChildService, childService, eventually } from '@reenact/testing';
import { type Harness, startHarness } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { SweepBlobsHandler } from './sweep-blobs.handler.js';

const APP = join(__dirname, '../..');

describe('a process that is killed over the removal of a blob', () => {
  let ingest: Harness;
  let objects: ObjectStore;
  const children: ChildService[] = [];

  beforeAll(async () => {
    // As it ships: a process of its own can only run that.
    await promisify(execFile)(join(APP, '../../node_modules/.bin/tsc'), ['-b', APP]);
    ingest = await startHarness();
    objects = ingest.app.get<ObjectStore>(OBJECT_STORE);
  }, 120_000);
  afterAll(async () => {
    for (const child of children) await child.kill();
    await ingest?.stop();
  });

  const start = async (more: NodeJS.ProcessEnv = {}) => {
    const env = {
      REENACT_NATS_URL: ingest.nats.url,
      REENACT_DATABASE_URL: ingest.databaseUrl,
      REENACT_OBJECT_DIR: ingest.directory,
      ...more,
    };
    const child = await childService(join(APP, 'dist/main.js'), { port: 'REENACT_INGEST_PORT', env });
    children.push(child);
    return child;
  };

  /** Bytes whose upload failed at its record, in a process that was killed while it took the object away again. */
  const orphaned = async () => {
    const bytes = Buffer.from(newId('artifact'));
    const victim = await start({ REENACT_CRASH_AT: 'ingest.after-doom-before-delete' });
    await ingest.rows('alter table ingest.artifact_entries rename to away');
    try {
      await expect(ingest.upload(ingest.addAgent(), bytes, { type: 'diagnostic' }, victim.url)).rejects.toThrow();
    } finally {
      await ingest.rows('alter table ingest.away rename to artifact_entries');
    }
    expect(await victim.exited).toBe('SIGKILL');
    const digest = sha256(bytes);
    const key = `blobs/${ingest.place.orgId}/${digest.slice(7)}`;
    const stateOf = async () =>
      (await ingest.rows<{ state: string }>('select state from ingest.blob where sha256 = $1', [digest]))[0];
    expect(await stateOf()).toEqual({ state: 'doomed' });
    expect(await objects.stat(key)).toEqual({ size: bytes.length });
    const endLease = () =>
      ingest.rows("update ingest.blob set lease_until = now() - interval '1 minute' where sha256 = $1", [digest]);
    return { bytes, digest, key, stateOf, endLease };
  };
  const recordsWithoutObject = async () => {
    const records = await ingest.rows<{ key: string; size: number }>(
      'select blob.key, blob.size from ingest.artifact left join ingest.blob using (org_id, sha256)',
    );
    const found = await Promise.all(records.map(async ({ key, size }) => (await objects.stat(key))?.size === size));
    return found.filter((isThere) => !isThere).length;
  };

  it('leaves nothing of it, once another one has started', async () => {
    const { digest, key, stateOf, endLease } = await orphaned();
    await endLease();
    await start();
    await eventually(async () => expect([await stateOf(), await objects.stat(key)]).toEqual([undefined, undefined]), {
      timeoutMs: 30_000,
    });
    expect(await ingest.rows('select id from ingest.artifact where sha256 = $1', [digest])).toEqual([]);
    expect(await recordsWithoutObject()).toBe(0);
  }, 60_000);

  it('keeps nobody from uploading the same bytes: they are back, and whole', async () => {
    const { bytes, key, stateOf, endLease } = await orphaned();
    const upload = ingest.upload(ingest.addAgent(), bytes, { type: 'diagnostic' });
    await endLease();
    await ingest.app.get(SweepBlobsHandler).sweep();
    expect((await upload).status).toBe(201);
    expect(await stateOf()).toEqual({ state: 'stored' });
    expect(await buffer(await objects.read(key))).toEqual(bytes);
    expect(await recordsWithoutObject()).toBe(0);
  }, 60_000);
});
