import { type Harness, startHarness } from '../ingest.harness.js';

describe('upload-artifact', () => {
  let ingest: Harness;
  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest?.stop());

  it('upload-artifact - says that a number arrived whose bytes were known under another', async () => {
    const agent = ingest.addAgent();
    const snapshot = Buffer.from('{"state":"as before"}');
    const send = (fields: Record<string, string>) => ingest.upload(agent, snapshot, { type: 'snapshot', ...fields });
    const first = await send({ bootId: 'b1', sequence: '1' });
    const again = [
      await send({ bootId: 'b1', sequence: '1' }),
      await send({}),
      await send({ bootId: 'b1', sequence: '2' }),
      await send({ bootId: 'b2', sequence: '1' }),
    ];
    expect([first, ...again].map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
    const { id: artifactId } = first.body.artifact;
    expect(again.map(({ body }) => body.artifact.id)).toEqual(again.map(() => artifactId));
    const said = await ingest.said('evt.ingest.artifact.repeated.v1');
    expect(said.map(({ data }) => data)).toEqual([
      { artifactId, agentId: agent.id, bootId: 'b1', sequence: 2 },
      { artifactId, agentId: agent.id, bootId: 'b2', sequence: 1 },
    ]);
  });
});
