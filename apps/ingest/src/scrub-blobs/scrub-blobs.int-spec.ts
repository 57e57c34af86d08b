import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listArtifacts, sha256 } from '@reenact/contracts';
import { bundleOf, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
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
