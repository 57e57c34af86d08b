import { newId } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { eventually, FakeClock } from '@reenact/testing';
import { bundleOf, CAPTURED_AT, type Harness, startHarness } from '../ingest.harness.js';
import { RecordKeyUsesHandler } from './record-key-uses.handler.js';

describe('record-key-uses', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest?.stop());

  const usesOf = (agentId: string) => ingest.keyUses.filter((use) => use.agentId === agentId);

  it('tells of a key whatever it was used for, and of none that was not let in', async () => {
    const agent = ingest.addAgent();
    const [beats, uploads, looks, reads, refused] = Array.from({ length: 5 }, () => ingest.addKey(agent));
    const narrow = ingest.addKey(agent, ['agent:read_keys']);
    const path = `/api/v1/agents/${agent.id}`;
    const heartbeat = { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok' };
    const answers = [
      await ingest.post(`${path}/heartbeats`, beats.key, heartbeat),
      await ingest.upload({ ...agent, ...uploads }, await bundleOf(agent)),
      await ingest.get(`${path}/artifacts/by-digest/${'0'.repeat(64)}`, looks.key),
      await ingest.get(`${path}/signing-keys`, reads.key),
      await ingest.get(`/api/v1/agents/${newId('agent')}/signing-keys`, refused.key),
      await ingest.post(`${path}/heartbeats`, narrow.key, heartbeat),
    ];
    expect(answers.map(({ status }) => status)).toEqual([202, 201, 404, 200, 403, 403]);
    await ingest.app.get(RecordKeyUsesHandler).flush();
    const letIn = [beats, uploads, looks, reads].map(({ keyId }) => keyId);
    await eventually(() => expect(new Set(usesOf(agent.id).map(({ keyId }) => keyId))).toEqual(new Set(letIn)));
  });

  it('tells many uses of a key as one, the newest, also when the catalog was away', async () => {
    const { id: agentId, keyId } = ingest.addAgent();
    const clock = new FakeClock();
    // One of its own, which no timer empties.
    const handler = new RecordKeyUsesHandler(ingest.app.get(RpcClient), clock);
    const use = (second: number) => {
      clock.set(`2026-11-23T12:00:0${second}.000Z`);
      handler.note({ keyId, agentId });
    };
    await ingest.stopCatalog();
    try {
      for (const second of [1, 3, 2]) use(second);
      await expect(handler.flush()).rejects.toMatchObject({ code: 'try_later' });
      use(1);
    } finally {
      await ingest.startCatalog();
    }
    await handler.flush();
    await handler.flush();
    expect(usesOf(agentId)).toEqual([{ keyId, agentId, at: '2026-11-23T12:00:03.000Z' }]);
  });
});
