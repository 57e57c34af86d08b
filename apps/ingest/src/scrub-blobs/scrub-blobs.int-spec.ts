import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listArtifacts, sha256 } from '@reenact/contracts';
import type { ObjectStore } from '@reenact/object-store';
import { bundleOf, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { OBJECT_STORE } from '../ingest.tokens.js';
import { ScrubBlobsHandler } from './scrub-blobs.handler.js';

const QUARANTINED = 'evt.ingest.artifact.quarantined.v1';
const RESTORED = 'evt.ingest.artifact.restored.v1';

describe('scrub-blobs', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest.stop());

  const scrub = (signal = new AbortController().signal) => ingest.app.get(ScrubBlobsHandler).scrub(signal);
  const due = () => ingest.rows(`update ingest.blob set scrub_at = now() - interval '1 minute'`);
  const scrubAll = async () => {
    await due();
    let looked = 0;
    while ((await scrub()) > 0) looked += 1;
    return looked;
  };
  const stored = async (agent: TestAgent = ingest.addAgent()) => {
    const bytes = await bundleOf(agent);
    const { body } = await ingest.upload(agent, bytes);
    const path = join(ingest.directory, 'blobs', agent.orgId, sha256(bytes).slice(7));
    return { agent, bytes, path, id: body.artifact.id };
  };
  const artifact = async (id: string) => {
    const { items } = await ingest.call(listArtifacts, { orgId: ingest.place.orgId, limit: 200 });
    return items.find((each) => each.id === id);
  };
  const said = async (type: string, id: string) => (await ingest.said(type)).filter(({ data }) => data.artifactId === id);
  const flip = async (path: string) => {
    const bytes = await readFile(path);
    bytes[bytes.length >> 1] ^= 1;
    await writeFile(path, bytes);
  };

  it('leaves sound blobs alone, and looks at them again only when it is time', async () => {
    const { id } = await stored();
    expect(await scrub()).toBe(0);
    expect(await scrubAll()).toBeGreaterThan(0);
    expect(await scrub()).toBe(0);
    expect(await artifact(id)).toMatchObject({ state: 'stored', replayable: { ok: true } });
  });

  it('freezes every artifact over a blob with one wrong bit, and says so once', async () => {
    const { bytes, path, id } = await stored();
    await flip(path);
    await scrubAll();
    expect(await artifact(id)).toMatchObject({
      state: 'quarantined',
      replayable: { ok: false, code: 'artifact_quarantined' },
    });
    await scrubAll();
    const events = await said(QUARANTINED, id);
    expect(events.map(({ data }) => [data.sha256, data.found])).toEqual([[sha256(bytes), sha256(await readFile(path))]]);
    expect(events[0].headers).toMatchObject({ 'ce-actor': 'service:ingest', 'ce-aggregateversion': '2' });
  });

  it('freezes an artifact whose object is gone', async () => {
    const { path, id } = await stored();
    await rm(path);
    await scrubAll();
    expect(await artifact(id)).toMatchObject({ state: 'quarantined' });
    expect((await said(QUARANTINED, id))[0].data).not.toHaveProperty('found');
  });

  it('puts damaged bytes right when the evidence is uploaded again, and lets the artifact go', async () => {
    const { agent, bytes, path, id } = await stored();
    await flip(path);
    await scrubAll();
    const again = await ingest.upload(agent, bytes);
    expect([again.status, again.body.deduplicated, again.body.artifact.state]).toEqual([200, true, 'stored']);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await said(RESTORED, id)).toHaveLength(1);
    await scrubAll();
    expect(await artifact(id)).toMatchObject({ state: 'stored', replayable: { ok: true } });
  });

  describe('a blob that cannot be read', () => {
    const objects = () => ingest.app.get<ObjectStore>(OBJECT_STORE);
    const unreadable = async () => {
      const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
      return Number(/^reenact_ingest_scrubbed_total\{outcome="unreadable"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    let spies: jest.SpyInstance[] = [];
    const breakReads = (path: string) => {
      const store = objects();
      const read = store.read.bind(store);
      const broken = jest.spyOn(store, 'read').mockImplementation((key, range) => {
        return path.endsWith(key) ? Promise.reject(new Error('EIO: i/o error, read')) : read(key, range);
      });
      spies.push(broken);
      return broken;
    };
    afterEach(() => {
      for (const spy of spies) spy.mockRestore();
      spies = [];
    });

    it('is counted, keeps no other waiting, and is frozen when that does not pass', async () => {
      const [{ path, id }, other] = [await stored(), await stored()];
      await flip(other.path);
      breakReads(path);
      const before = await unreadable();
      await scrubAll();
      expect(await artifact(other.id)).toMatchObject({ state: 'quarantined' });
      for (let n = 0; n < 3; n++) await scrubAll();
      expect([await unreadable(), (await artifact(id))?.state]).toEqual([before + 4, 'stored']);
      await scrubAll();
      expect((await artifact(id))?.state).toBe('quarantined');
      expect(await said(QUARANTINED, id)).toHaveLength(1);
    });

    it('is not held to failures that passed, nor to those of a store that is away', async () => {
      const { path, id } = await stored();
      const broken = breakReads(path);
      for (let n = 0; n < 4; n++) await scrubAll();
      broken.mockRestore();
      await scrubAll();
      breakReads(path);
      const before = await unreadable();
      const away = jest.spyOn(objects(), 'stat').mockRejectedValue(new Error('the store is away'));
      spies.push(away);
      await due();
      await expect(scrub()).rejects.toThrow('the store is away');
      expect(await unreadable()).toBe(before);
      away.mockRestore();
      for (let n = 0; n < 4; n++) await scrubAll();
      expect((await artifact(id))?.state).toBe('stored');
    });
  });

  it('a stop in mid-blob judges nothing and leaves the blob to the next turn', async () => {
    const { path, id } = await stored();
    await flip(path);
    await due();
    expect(await scrub(AbortSignal.abort())).toBe(0);
    expect(await artifact(id)).toMatchObject({ state: 'stored' });
    while ((await scrub()) > 0);
    expect(await artifact(id)).toMatchObject({ state: 'quarantined' });
  });
});
