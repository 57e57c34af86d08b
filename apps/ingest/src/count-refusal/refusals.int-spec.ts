import { randomBytes } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { newId, newUuid, sha256 } from '@reenact/contracts';
import { generateSecret, parseSecret } from '@reenact/credentials';
import { Outbox, RpcClient } from '@reenact/messaging';
import { UnitOfWork } from '@reenact/persistence';
import { Clock } from '@reenact/service-kit';
import { eventually } from '@reenact/testing';
import { DEFAULT_LIMITS } from '../domain/limits.js';
import { bundleOf, CAPTURED_AT, type Harness, startHarness, type TestAgent } from '../ingest.harness.js';
import { RefusalStore } from '../store/refusal.store.js';
import { CountRefusalHandler } from './count-refusal.handler.js';
import { RefusalTally } from './refusal-tally.js';

const MIB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('refusals', () => {
  let ingest: Harness;

  beforeAll(async () => {
    ingest = await startHarness({
      ...DEFAULT_LIMITS,
      artifact: { ...DEFAULT_LIMITS.artifact, maxBytes: MIB },
      rates: {
        ...DEFAULT_LIMITS.rates,
        failedAuthenticationsPerMinute: 10_000,
        enrolmentsPerMinute: 10_000,
        heartbeatsPerMinute: 1,
      },
    });
  });
  afterAll(() => ingest?.stop());

  const heartbeat = { at: CAPTURED_AT, bootId: 'b1', sequence: 1, status: 'ok' };
  const beat = ({ id, key }: TestAgent, as = key) => ingest.post(`/api/v1/agents/${id}/heartbeats`, as, heartbeat);
  const withOutcome = (outcome: 'revoked' | 'expired' | 'agent_disabled') => (agent: TestAgent) => {
    const verified = [...ingest.keys.values()].find(({ keyId }) => keyId === agent.keyId);
    if (verified) verified.outcome = outcome;
    return beat(agent);
  };
  const narrow = (agent: TestAgent) => beat(agent, ingest.addKey(agent, ['agent:read_keys']).key);
  const oversized = ({ id, key }: TestAgent) =>
    ingest.send('POST', `/api/v1/agents/${id}/heartbeats`, {
      headers: { ...ingest.bearer(key), ...JSON_TYPE },
      body: JSON.stringify({ ...heartbeat, bootId: 'b'.repeat(5 * MIB) }),
    });
  const lying = async (agent: TestAgent, head: object, fields = {}) =>
    ingest.upload(agent, await bundleOf(agent, { head }), fields);

  /** An upload whose body ends before its form does. */
  const cutOff = ({ id, key }: TestAgent) => {
    const field = (name: string, value: string) => `--x\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const file = '--x\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nbytes and no end';
    return ingest.send('POST', `/api/v1/agents/${id}/artifacts`, {
      headers: { ...ingest.bearer(key), 'content-type': 'multipart/form-data; boundary=x' },
      body: field('type', 'diagnostic') + field('capturedAt', CAPTURED_AT) + file,
    });
  };

  type Refused = Promise<{ status: number; body: { code: string } }>;
  const CASES: [status: number, code: string, refuse: (agent: TestAgent) => Refused][] = [
    [
      401,
      'credential_missing',
      ({ id }) => ingest.send('POST', `/api/v1/agents/${id}/heartbeats`, { headers: JSON_TYPE, body: '{}' }),
    ],
    [401, 'credential_invalid', (agent) => beat(agent, generateSecret('agent_key', newId('key'), randomBytes(32)))],
    [401, 'credential_kind_mismatch', (agent) => beat(agent, ingest.enrolmentToken())],
    [401, 'credential_revoked', withOutcome('revoked')],
    [401, 'credential_expired', withOutcome('expired')],
    [403, 'agent_disabled', withOutcome('agent_disabled')],
    [403, 'scope_missing', narrow],
    [403, 'agent_mismatch', (agent) => ingest.get(`/api/v1/agents/${newId('agent')}/signing-keys`, agent.key)],
    [413, 'body_too_large', oversized],
    [413, 'artifact_too_large', (agent) => ingest.upload(agent, Buffer.alloc(MIB + 1, 'a'), { type: 'diagnostic' })],
    [415, 'unsupported_media_type', ({ id, key }) => ingest.post(`/api/v1/agents/${id}/artifacts`, key, {})],
    [415, 'artifact_type_mismatch', (agent) => ingest.upload(agent, Buffer.from('\0\x01'), { type: 'diagnostic' })],
    [422, 'validation_failed', (agent) => ingest.upload(agent, Buffer.from('{}'), { type: 'diagnostic', capturedAt: 'today' })],
    [
      422,
      'artifact_malformed',
      async (agent) => ingest.upload(agent, (await bundleOf(agent, { gzip: false })).subarray(0, 2_000)),
    ],
    [422, 'digest_mismatch', (agent) => ingest.upload(agent, Buffer.from('{}'), { type: 'diagnostic', sha256: sha256('x') })],
    [422, 'metadata_conflict', (agent) => lying(agent, { bootId: 'b1', sequence: 1 }, { bootId: 'b2' })],
    [422, 'artifact_identity_mismatch', (agent) => lying(agent, { agentId: newId('agent') })],
    [422, 'upload_incomplete', cutOff],
    [429, 'rate_limited', async (agent) => (await beat(agent)) && beat(agent)],
  ];

  const counted = async (status: number, code: string) => {
    const text = await (await fetch(`${ingest.url}/metrics`)).text();
    const line = new RegExp(`^reenact_ingest_refusals_total\\{status="${status}",code="${code}"\\} (\\d+)$`, 'm').exec(text);
    return Number(line?.[1] ?? 0);
  };
  /** What an upload in flight or a refused one could leave, in files and in tables. */
  const kept = async () => {
    const [{ slots }] = await ingest.rows<{ slots: number }>('select count(*)::int as slots from ingest.upload_slot');
    return { ...(await ingest.inventory()), slots, stored: (await ingest.said('evt.ingest.artifact.stored.v1')).length };
  };

  it.each(CASES)('%i %s - is answered, counted and announced, and leaves nothing', async (status, code, refuse) => {
    const agent = ingest.addAgent();
    const [before, count] = [await kept(), await counted(status, code)];
    const answer = await refuse(agent);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await counted(status, code)).toBe(count + 1);
    await ingest.app.get(CountRefusalHandler).flush();
    await eventually(async () => {
      const said = await ingest.said('evt.ingest.agent.refused.v1');
      expect(said.map(({ data }) => data).filter(({ agentId }) => agentId === agent.id)).toEqual([
        { agentId: agent.id, minute: expect.any(String), status, code, count: 1 },
      ]);
    });
    await eventually(async () => expect(await kept()).toEqual(before));
  });

  const enrolments = '/api/v1/orgs/acme/projects/webhooks/environments/prod/agents';
  const enrol = (token: string) => ingest.post(enrolments, token, { nonce: newUuid() });
  const refusedEnrolments = async (enrolmentId?: string) =>
    (await ingest.said('evt.ingest.enrolment.refused.v1')).filter(({ data }) => data.enrolmentId === enrolmentId);

  it.each([
    ['credential_used', 401],
    ['credential_expired', 401],
    ['credential_invalid', 401],
    ['agent_disabled', 403],
  ] as const)('%s - of an enrolment is counted, announced in few events, and makes no agent', async (code, status) => {
    const [count, token] = [await counted(status, code), ingest.enrolmentToken()];
    const enrolmentId = parseSecret(token)?.id;
    ingest.refuseEnrolments(code);
    const answers = await Promise.all(Array.from({ length: 8 }, () => enrol(token)));
    ingest.refuseEnrolments(undefined);
    expect(answers.map((answer) => [answer.status, answer.body.code])).toEqual(answers.map(() => [status, code]));
    expect(await counted(status, code)).toBe(count + 8);
    const known = 'select sum(count)::int as count from ingest.refusal where subject_id = $1';
    await eventually(async () => expect(await ingest.rows(known, [enrolmentId])).toEqual([{ count: 8 }]));
    await ingest.rows("update ingest.refusal set minute = minute - interval '1 hour' where subject_id = $1", [enrolmentId]);
    await ingest.app.get(CountRefusalHandler).flush();
    const said = await eventually(async () => {
      const events = await refusedEnrolments(enrolmentId);
      expect(events.reduce((sum, { data }) => sum + Number(data.count), 0)).toBe(8);
      return events;
    });
    // The first of a minute, and the rest of it; they may lie in two minutes.
    expect(said.length).toBeLessThanOrEqual(4);
    for (const { headers, data } of said) {
      expect(data).toEqual({ enrolmentId, minute: expect.any(String), status, code, count: expect.any(Number) });
      expect(headers).toMatchObject({ 'ce-actor': `token:${enrolmentId}` });
    }
    expect(JSON.stringify(said)).not.toContain(token.slice(-49, -6));
  });

  it('whoever guesses ids waits for the turn of each, and holds up nobody who is known', async () => {
    const tally = new RefusalTally();
    const get = <T>(type: Type<T>) => ingest.app.get(type);
    // One of its own, which no timer empties.
    const [store, work, outbox] = [get(RefusalStore), get(UnitOfWork), get(Outbox)];
    const handler = new CountRefusalHandler(tally, store, work, outbox, get(RpcClient), ingest.app.get(Clock));
    const tokens = Array.from({ length: 300 }, () => parseSecret(ingest.enrolmentToken())?.id ?? '');
    const agent = ingest.addAgent();
    const principal = { ...agent, agentId: agent.id, scopes: [] };
    for (const subjectId of tokens) tally.count({ subjectId, status: 401, code: 'credential_used' }, new Date());
    tally.count({ subjectId: agent.id, principal, status: 403, code: 'scope_missing' }, new Date());
    const stored = async (ids: string[]) =>
      (await ingest.rows('select subject_id from ingest.refusal where subject_id = any($1)', [ids])).length;
    await handler.flush();
    expect([await stored([agent.id]), await stored(tokens)]).toEqual([1, 200]);
    await handler.flush();
    expect(await stored(tokens)).toBe(300);
  });

  it('are forgotten after a month, in batches, unless they are still to be told', async () => {
    const [old, young, untold] = [newId('agent'), newId('agent'), newId('agent')];
    const add = (id: string, days: number, count: number, announced: number) =>
      ingest.rows(
        `insert into ingest.refusal select $1, date_trunc('minute', now() - $2 * interval '1 day') + n * interval '1 minute', 401, 'c', 'o',
           'p', 'e', $3, $4 from generate_series(1, 1200) n`,
        [id, days, count, announced],
      );
    await add(old, 32, 2, 2);
    await add(young, 28, 2, 2);
    await ingest.rows(`insert into ingest.refusal values ($1, now() - interval '40 days', 401, 'c', 'o', 'p', 'e', 2, 1)`, [
      untold,
    ]);
    const handler = ingest.app.get(CountRefusalHandler);
    const counts = [];
    for (let n = 0; n < 3; n++) counts.push(await handler.forgetOld());
    expect(counts).toEqual([1_000, 200, 0]);
    const left = await ingest.rows<{ subject_id: string; n: number }>(
      'select subject_id, count(*)::int as n from ingest.refusal where subject_id = any($1) group by subject_id order by n',
      [[old, young, untold]],
    );
    expect(left).toEqual([
      { subject_id: untold, n: 1 },
      { subject_id: young, n: 1_200 },
    ]);
    await ingest.rows('delete from ingest.refusal where subject_id = any($1)', [[young, untold]]);
  });

  it('a token that nobody issued is counted, and told to no organisation', async () => {
    const token = generateSecret('enrolment_token', newId('enrolment'), randomBytes(32));
    ingest.refuseEnrolments('credential_invalid');
    expect((await enrol(token)).status).toBe(401);
    ingest.refuseEnrolments(undefined);
    await ingest.app.get(CountRefusalHandler).flush();
    expect(await refusedEnrolments(parseSecret(token)?.id)).toEqual([]);
  });
});
