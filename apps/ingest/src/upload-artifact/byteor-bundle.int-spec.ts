import { listArtifactEntries, readJournalPage, referArtifactEntry, sha256 } from '@reenact/contracts';
import { pack } from 'tar-stream';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';

const SPEC = 'model=lane_graph\nlane.0=in\n';
const CRATE = { name: 'byteor-runtime', version: '0.9.2' };
const FILES = {
  'spec.kv': SPEC,
  'spec_validation.json': { ok: true, description: 'lane_graph with 1 lane' },
  'runtime.json': { crate: CRATE },
  'policy_audit.json': {
    ok: true,
    policy_version: 1,
    mode: 'prod',
    enforced: true,
    stage_failure_policy: 'stop_pipeline',
    spec_path: 'spec.kv',
    lane_path: null,
    wait: 'spin',
    runtime_crate: CRATE,
    spec: { model: 'lane_graph' },
  },
  'environment.json': { pid: 7, cwd: '/', args: [], env: [['A', '1']], proc_status: null },
  'lane_graph_state.json': { lanes: [] },
};

async function bundle(): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(FILES))
    tar.entry({ name }, typeof content === 'string' ? content : JSON.stringify(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe('upload-artifact - a bundle in the ByteOr v1 layout', () => {
  let ingest: Harness;
  let agent: TestAgent;

  beforeAll(async () => {
    ingest = await startHarness();
    agent = ingest.addAgent();
  });
  afterAll(() => ingest.stop());

  it('is recorded with the hash of its spec, says that it cannot be replayed, and can be opened', async () => {
    const bytes = await bundle();
    const { status, body } = await ingest.upload(agent, bytes, { sequence: '7', bootId: 'b-1' });
    expect(status).toBe(201);
    expect(body.artifact).toMatchObject({
      type: 'incident_bundle',
      format: 'byteor.bundle/v1',
      specHash: sha256(SPEC),
      capturedAt: CAPTURED_AT,
      bootId: 'b-1',
      sequence: 7,
      replayable: { ok: false, code: 'artifact_not_replayable' },
    });
    const artifactId = body.artifact.id;
    const { items } = await ingest.call(listArtifactEntries, { artifactId });
    expect(items.map(({ path }) => path)).toEqual(Object.keys(FILES));
    const { range } = await ingest.call(referArtifactEntry, { artifactId, path: 'spec.kv' });
    expect(bytes.subarray(range?.start, range?.end).toString()).toBe(SPEC);
    await expect(ingest.call(readJournalPage, { artifactId })).rejects.toMatchObject({ code: 'artifact_not_replayable' });
    const [{ data }] = await ingest.said('evt.ingest.artifact.stored.v1');
    expect(data).toMatchObject({
      artifactId,
      specHash: sha256(SPEC),
      incident: { severity: 'medium', fingerprint: sha256(SPEC) },
    });
  });

  it('is refused where the form names another spec', async () => {
    const refused = await ingest.upload(agent, await bundle(), { specHash: sha256('another') });
    expect(refused).toMatchObject({ status: 422, body: { code: 'metadata_conflict', field: 'specHash' } });
  });
});
