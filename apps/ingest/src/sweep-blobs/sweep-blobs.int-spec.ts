import { Readable } from 'node:stream';
import { newId, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { bundleOf, type Harness, startHarness } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { BlobStore } from '../store/blob.store.js';
import { SweepBlobsHandler } from './sweep-blobs.handler.js';
import { UnitOfWork } from '@reenact/persistence';

const HOUR = 60 * 60 * 1000;

describe('sweep-blobs', () => {
  let ingest: Harness;
  let objects: ObjectStore;

  beforeAll(async () => {
    ingest = await startHarness();
    objects = ingest.app.get<ObjectStore>(OBJECT_STORE);
  });
  afterAll(() => ingest.stop());

  /** What a process leaves that dies between storing bytes and recording them. */
  const crashed = async (age: number) => {
    const bytes = Buffer.from(newId('artifact'));
    const key = `blobs/${ingest.place.orgId}/${sha256(bytes).slice(7)}`;
    const blob = { orgId: ingest.place.orgId, sha256: sha256(bytes), key, size: bytes.length };
    await ingest.app.get(BlobStore).announce(ingest.app.get(UnitOfWork), [blob], new Date(Date.now() - age));
    await objects.put(key, Readable.from([bytes]));
    return { bytes, key };
  };
  const sweep = () => ingest.app.get(SweepBlobsHandler).sweep();

  it('removes what a crash left, but nothing young and nothing recorded', async () => {
    const agent = ingest.addAgent();
    const kept = await ingest.upload(agent, await bundleOf(agent));
    const [old, young] = [await crashed(2 * HOUR), await crashed(0)];
    expect(await sweep()).toBe(1);
    expect(await objects.stat(old.key)).toBeUndefined();
    expect(await objects.stat(young.key)).toBeDefined();
    const digest = String(kept.body.artifact.sha256).slice(7);
    expect(await objects.stat(`blobs/${agent.orgId}/${digest}`)).toBeDefined();
    expect(await sweep()).toBe(0);
  });

  it('leaves bytes alone that were uploaded again after the crash', async () => {
    const { bytes, key } = await crashed(2 * HOUR);
    expect((await ingest.upload(ingest.addAgent(), bytes, { type: 'diagnostic' })).status).toBe(201);
    expect(await sweep()).toBe(0);
    expect(await objects.stat(key)).toEqual({ size: bytes.length });
  });

  it('takes over from a janitor that died over a removal, but only when its lease is over', async () => {
    const { bytes, key } = await crashed(2 * HOUR);
    const blob = { orgId: ingest.place.orgId, sha256: sha256(bytes), key, size: bytes.length };
    const lease = (minutes: number) => new Date(Date.now() + minutes * 60_000);
    await ingest.app.get(BlobStore).doom(ingest.app.get(UnitOfWork), blob, lease(5));
    expect(await sweep()).toBe(0);
    await ingest.rows('update ingest.blob set lease_until = $2 where sha256 = $1', [blob.sha256, lease(-1)]);
    expect(await sweep()).toBe(1);
    expect(await objects.stat(key)).toBeUndefined();
  });

  it('a janitor whose lease another took over lets go of nothing', async () => {
    const { bytes, key } = await crashed(2 * HOUR);
    const [blobs, work] = [ingest.app.get(BlobStore), ingest.app.get(UnitOfWork)];
    const blob = { orgId: ingest.place.orgId, sha256: sha256(bytes), key, size: bytes.length };
    const late = await blobs.doom(work, blob, new Date(0));
    await blobs.doomStale(work, new Date(0), new Date(), new Date(Date.now() + HOUR), 100);
    expect(late && (await blobs.forget(work, late))).toBe(false);
  });

  it('removes staged bytes of crashed uploads by age', async () => {
    const { utimes, writeFile } = await import('node:fs/promises');
    const staged = `${ingest.directory}/.staging/crashed`;
    await writeFile(staged, 'x');
    await sweep();
    expect((await ingest.inventory()).files).toContain(staged);
    await utimes(staged, 0, 0);
    await sweep();
    expect((await ingest.inventory()).files).not.toContain(staged);
  });

  it('upload-artifact - leaves nothing when the record cannot be made, and works when it can again', async () => {
    const agent = ingest.addAgent();
    const bytes = await bundleOf(agent);
    const before = await ingest.inventory();
    await ingest.rows('alter table ingest.artifact_entries rename to away');
    try {
      expect((await ingest.upload(agent, bytes)).status).toBe(500);
    } finally {
      await ingest.rows('alter table ingest.away rename to artifact_entries');
    }
    expect(await ingest.inventory()).toEqual(before);
    expect((await ingest.upload(agent, bytes)).status).toBe(201);
  });
});
