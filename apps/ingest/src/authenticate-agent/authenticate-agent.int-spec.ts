import { randomBytes } from 'node:crypto';
import { agentDisabled, environmentArchived, keyRevoked, newId } from '@reenact/contracts';
import { generateSecret, secretHash } from '@reenact/credentials';
import { NATS } from '@reenact/messaging';
import { Clock, type RunningService } from '@reenact/service-kit';
import { eventually } from '@reenact/testing';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { KeyVerifier } from './key-verifier.js';

describe('authenticate-agent', () => {
  let ingest: Harness;
  let second: RunningService;
  let agent: TestAgent;
  let stopped: jest.SpyInstance[] = [];

  beforeAll(async () => {
    ingest = await startHarness();
    second = await ingest.replica();
  });
  afterAll(async () => {
    await second?.stop();
    await ingest?.stop();
  });
  beforeEach(() => {
    agent = ingest.addAgent();
  });
  afterEach(() => {
    for (const spy of stopped) spy.mockRestore();
    stopped = [];
  });

  const beat = (url: string, key = agent.key) =>
    ingest.post(`${url}/api/v1/agents/${agent.id}/heartbeats`, key, { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok' });
  const everywhere = async (key = agent.key) => {
    const answers = await Promise.all([beat(ingest.url, key), beat(second.url, key)]);
    return answers.map(({ status, body }) => body.code ?? status);
  };
  const verified = () => ingest.keys.get(secretHash(agent.key)) as { outcome: string };
  /** Time stands still: no answer of the catalog gets too old. */
  const stopTime = () => {
    stopped = [ingest.app, second.app].map((app) => {
      const clock = app.get(Clock);
      return jest.spyOn(clock, 'now').mockReturnValue(clock.now());
    });
  };

  it.each([
    ['a revoked key', keyRevoked.type, () => ({ keyId: agent.keyId, agentId: agent.id }), 'revoked', 'credential_revoked'],
    ['a disabled agent', agentDisabled.type, () => ({ agentId: agent.id }), 'agent_disabled', 'agent_disabled'],
    ['an archived environment', environmentArchived.type, () => ({ id: agent.environmentId }), 'revoked', 'credential_revoked'],
  ])('hears of %s in every replica, without waiting for its answers to get old', async (_name, type, data, outcome, code) => {
    stopTime();
    expect(await everywhere()).toEqual([202, 202]);
    verified().outcome = outcome;
    expect(await everywhere()).toEqual([202, 202]);
    ingest.app.get(NATS).publish(`${type}.${agent.orgId}`, JSON.stringify(data()));
    await eventually(async () => expect(await everywhere()).toEqual([code, code]));
  });

  it('is not shaken by announcements that it cannot read', async () => {
    for (const text of ['', '{', 'null', '[]']) ingest.app.get(NATS).publish(`${keyRevoked.type}.${agent.orgId}`, text);
    expect(await everywhere()).toEqual([202, 202]);
  });

  it('learns of a revocation within a second where the announcement was lost', async () => {
    expect(await everywhere()).toEqual([202, 202]);
    verified().outcome = 'revoked';
    await eventually(async () => expect(await everywhere()).toEqual(['credential_revoked', 'credential_revoked']));
  });

  it('takes both keys during a rotation, in every replica', async () => {
    const { body } = await ingest.post(`${second.url}/api/v1/agents/${agent.id}/keys`, agent.key, {});
    expect(await everywhere(body.apiKey)).toEqual([202, 202]);
    expect(await everywhere()).toEqual([202, 202]);
  });

  it('says try_later, never 401 and never 202, when neither the catalog nor an announcement can be had', async () => {
    const guess = generateSecret('agent_key', newId('key'), randomBytes(32));
    await ingest.stopCatalog();
    try {
      expect(await everywhere()).toEqual(['try_later', 'try_later']);
      expect(await everywhere(guess)).toEqual(['try_later', 'try_later']);
    } finally {
      await ingest.startCatalog();
    }
    expect(await everywhere()).toEqual([202, 202]);
    await ingest.nats.stop();
    try {
      for (const service of [ingest.app, second.app]) service.get(KeyVerifier).forget({ agentId: agent.id });
      expect(await everywhere()).toEqual(['try_later', 'try_later']);
      expect(await everywhere(guess)).toEqual(['try_later', 'try_later']);
    } finally {
      await ingest.nats.start();
    }
    await eventually(async () => expect(await everywhere()).toEqual([202, 202]), { timeoutMs: 20_000 });
  }, 60_000);

  it('slows down who guesses over all replicas, and nobody with a good key at that address', async () => {
    const codes: unknown[] = [];
    for (let n = 0; n < 14; n++) codes.push(...(await everywhere(generateSecret('agent_key', newId('key'), randomBytes(32)))));
    // 20, and a block for the other replica; the tests before this one failed from the same address.
    expect(codes.filter((code) => code === 'credential_invalid').length).toBeLessThanOrEqual(22);
    expect(codes.slice(-2)).toEqual(['rate_limited', 'rate_limited']);
    expect(await everywhere()).toEqual([202, 202]);
  });
});
