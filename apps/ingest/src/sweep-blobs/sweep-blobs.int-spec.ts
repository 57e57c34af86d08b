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
  const endLease = (digest: string) =>
    ingest.rows("update ingest.blob set lease_until = now() - interval '1 minute' where sha256 = $1", [digest]);
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
    await ingest.app.get(BlobStore).doom(ingest.app.get(UnitOfWork), blob);
    expect(await sweep()).toBe(0);
    await endLease(blob.sha256);
    expect(await sweep()).toBe(1);
    expect(await objects.stat(key)).toBeUndefined();
  });

  it('a janitor whose lease another took over lets go of nothing', async () => {
    const { bytes, key } = await crashed(2 * HOUR);
    const [blobs, work] = [ingest.app.get(BlobStore), ingest.app.get(UnitOfWork)];
    const blob = { orgId: ingest.place.orgId, sha256: sha256(bytes), key, size: bytes.length };
    const late = await blobs.doom(work, blob);
    await endLease(blob.sha256);
    expect(late && (await blobs.renew(work, late))).toBe(false);
    await blobs.doomStale(work, new Date(0), 100);
    expect(late && (await blobs.renew(work, late))).toBe(false);
    expect(late && (await blobs.forget(work, late))).toBe(false);
  });

  it('a janitor that is late over one blob removes none that another took over and an upload put there again', async () => {
    const two = [await crashed(2 * HOUR), await crashed(2 * HOUR)];
    let next = two[1];
    const remove = objects.delete.bind(objects);
    let again: Promise<number> | undefined;
    const spy = jest.spyOn(objects, 'delete').mockImplementation(async (key, signal) => {
      if (!again) {
        next = two.find((each) => each.key !== key) ?? next;
        // Meanwhile its lease of the next one ends, another removes that, and the same bytes are uploaded.
        await endLease(sha256(next.bytes));
        again = sweep().then(async (removed) => {
          expect((await ingest.upload(ingest.addAgent(), next.bytes, { type: 'diagnostic' })).status).toBe(201);
          return removed;
        });
        await again;
      }
      await remove(key, signal);
    });
    try {
      expect(await sweep()).toBe(1);
    } finally {
      spy.mockRestore();
    }
    expect(await again).toBe(1);
    const left = await Promise.all(two.map(({ key }) => objects.stat(key)));
    expect(left.filter((each) => each === undefined)).toHaveLength(1);
    expect(await objects.stat(next.key)).toEqual({ size: next.bytes.length });
  });

  it('a janitor that was stopped before a delete does not begin it, and gives every delete less time than its lease', async () => {
    const { bytes, key } = await crashed(2 * HOUR);
    const blobs = ingest.app.get(BlobStore);
    const renew = blobs.renew.bind(blobs);
    const spies = [jest.spyOn(objects, 'delete')];
    const stopped = jest.spyOn(blobs, 'renew').mockImplementation(async (...args) => {
      const renewed = await renew(...args);
      const now = performance.now() + 10 * 60_000;
      jest.spyOn(performance, 'now').mockReturnValue(now);
      return renewed;
    });
    try {
      expect(await sweep()).toBe(0);
      expect(spies[0]).not.toHaveBeenCalled();
    } finally {
      stopped.mockRestore();
      jest.mocked(performance.now).mockRestore();
    }
    await endLease(sha256(bytes));
    const timeout = jest.spyOn(AbortSignal, 'timeout');
    expect(await sweep()).toBe(1);
    expect(timeout.mock.calls[0][0]).toBeLessThanOrEqual(60_000);
    expect(spies[0]).toHaveBeenCalledWith(key, timeout.mock.results[0].value);
    for (const spy of [...spies, timeout]) spy.mockRestore();
  });

  it('goes on with the others where one cannot be removed, and comes back to it', async () => {
    const [broken, fine] = [await crashed(3 * HOUR), await crashed(2 * HOUR)];
    const remove = objects.delete.bind(objects);
    const spy = jest.spyOn(objects, 'delete').mockImplementation(async (key, signal) => {
      if (key === broken.key) throw new Error('the store is away');
      await remove(key, signal);
    });
    expect(await sweep()).toBe(1);
    spy.mockRestore();
    expect(await objects.stat(fine.key)).toBeUndefined();
    await endLease(sha256(broken.bytes));
    expect(await sweep()).toBe(1);
    expect(await objects.stat(broken.key)).toBeUndefined();
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
