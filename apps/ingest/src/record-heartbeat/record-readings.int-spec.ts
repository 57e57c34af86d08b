import { newId } from '@reenact/contracts';
import { RpcClient } from '@reenact/messaging';
import { CAPTURED_AT, type Harness, startHarness } from '../ingest.harness.js';
import { RecordReadingsHandler } from './record-readings.handler.js';

describe('record-readings', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness();
  });
  afterAll(() => ingest?.stop());

  it('hands over at a stop what was heard last', async () => {
    const agent = ingest.addAgent();
    const second = await ingest.replica();
    const beat = { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok' };
    expect((await ingest.post(`${second.url}/api/v1/agents/${agent.id}/heartbeats`, agent.key, beat)).status).toBe(202);
    await second.stop();
    expect(ingest.readings.filter(({ agentId }) => agentId === agent.id)).toMatchObject([{ bootId: 'b1', sequence: 1 }]);
  });

  it('notes no more boots than it has room for, and those that it knows go on', async () => {
    const handler = new RecordReadingsHandler(ingest.app.get(RpcClient));
    const agentId = newId('agent');
    const note = (boot: number, sequence: number) =>
      handler.note({ agentId, at: CAPTURED_AT, bootId: `b${boot}`, sequence, status: 'ok' });
    for (let boot = 0; boot <= 100_000; boot++) note(boot, 1);
    note(0, 2);
    await handler.flush();
    const told = ingest.readings.filter((reading) => reading.agentId === agentId);
    expect(told).toHaveLength(1_000);
    expect(told[0]).toMatchObject({ bootId: 'b0', sequence: 2, arrived: [{ from: 1, to: 2 }] });
    for (let turn = 1; turn < 100; turn++) await handler.flush();
    expect(await handler.flush()).toBe(0);
    expect(ingest.readings.filter((reading) => reading.agentId === agentId)).toHaveLength(100_000);
  });
});
