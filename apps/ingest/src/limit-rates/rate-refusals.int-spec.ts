import { randomBytes } from 'node:crypto';
import { newId } from '@reenact/contracts';
import { generateSecret, parseSecret } from '@reenact/credentials';
import { eventually } from '@reenact/testing';
import { CountRefusalHandler } from '../count-refusal/count-refusal.handler.js';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';

const RATES = {
  heartbeatsPerMinute: 1,
  uploadsPerMinute: 2,
  uploadBytesPerMinute: 20_000,
  concurrentUploads: 1,
  enrolmentsPerMinute: 1,
  failedAuthenticationsPerMinute: 1,
};
const ENROLMENT = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
const AGENT_REFUSED = 'evt.ingest.agent.refused.v1';
const ENROLMENT_REFUSED = 'evt.ingest.enrolment.refused.v1';

type Answer = Awaited<ReturnType<Harness['post']>>;

describe('limit-rates - what is refused is counted and told', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness({ ...DEFAULT_LIMITS, rates: RATES });
  });
  afterAll(() => ingest?.stop());

  const beat = (agent: TestAgent, key = agent.key) =>
    ingest.post(`/api/v1/agents/${agent.id}/heartbeats`, key, { at: CAPTURED_AT, bootId: 'b', sequence: 1, status: 'ok' });
  const upload = (agent: TestAgent, size = 10) =>
    ingest.upload(agent, Buffer.from(randomBytes(size / 2).toString('hex')), { type: 'diagnostic' });
  const twice = async (call: () => Promise<Answer>) => (await call()) && call();
  const nobodysKey = () => generateSecret('agent_key', newId('key'), randomBytes(32));

  /** Each refuses at last, and answers whom. */
  const CASES: [policy: string, refuse: () => Promise<{ subject: string | undefined; answer: Answer }>, type: string][] = [
    ['heartbeats', () => asAgent((agent) => twice(() => beat(agent))), AGENT_REFUSED],
    ['uploads', () => asAgent(async (agent) => (await twice(() => upload(agent))) && upload(agent)), AGENT_REFUSED],
    ['upload-bytes', () => asAgent((agent) => twice(() => upload(agent, 12_000))), AGENT_REFUSED],
    ['concurrent-uploads', () => asAgent(heldSlot), AGENT_REFUSED],
    ['failed-authentications', () => asAgent((agent) => twice(() => beat(agent, nobodysKey()))), AGENT_REFUSED],
    ['enrolments', refusedEnrolment, ENROLMENT_REFUSED],
  ];

  async function asAgent(refuse: (agent: TestAgent) => Promise<Answer>) {
    const agent = ingest.addAgent();
    return { subject: agent.id, answer: await refuse(agent) };
  }
  async function heldSlot(agent: TestAgent): Promise<Answer> {
    await ingest.rows("insert into ingest.upload_slot values ($1, 1, 'another', now() + interval '60 seconds')", [agent.id]);
    return upload(agent);
  }
  async function refusedEnrolment() {
    await ingest.post(ENROLMENT, ingest.enrolmentToken(), {});
    const token = ingest.enrolmentToken();
    return { subject: parseSecret(token)?.id, answer: await ingest.post(ENROLMENT, token, {}) };
  }
  const counted = async () => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    return Number(/^reenact_ingest_refusals_total\{status="429",code="rate_limited"\} (\d+)$/m.exec(text)?.[1] ?? 0);
  };

  it.each(CASES)('of %s', async (policy, refuse, type) => {
    const before = await counted();
    const { subject, answer } = await refuse();
    expect([answer.status, answer.body.code, answer.body.policy]).toEqual([429, 'rate_limited', policy]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await counted()).toBe(before + 1);
    await ingest.app.get(CountRefusalHandler).flush();
    await eventually(async () => {
      const said = (await ingest.said(type)).filter(({ data }) => [data.agentId, data.enrolmentId].includes(subject));
      const limited = said.filter(({ data }) => data.code === 'rate_limited');
      expect(limited.map(({ data }) => [data.status, data.count])).toEqual([[429, 1]]);
    });
  });
});
