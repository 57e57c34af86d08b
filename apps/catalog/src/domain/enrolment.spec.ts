import { enrolmentExpiry, judgeEnrolment } from './enrolment.js';

const now = new Date('2026-11-23T12:00:00.000Z');
const fresh = { environmentId: 'env_1', expiresAt: new Date('2026-11-23T12:15:00.000Z') };
const used = { ...fresh, agentId: 'agt_1', nonceHash: 'n1' };
const late = new Date('2026-11-23T12:15:00.000Z');
const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('enrolment', () => {
  it('is good once, and again for the same nonce', () => {
    expect(judgeEnrolment(fresh, { environmentId: 'env_1', nonceHash: 'n1' }, now)).toEqual({});
    expect(judgeEnrolment(used, { environmentId: 'env_1', nonceHash: 'n1' }, now)).toEqual({ again: 'agt_1' });
    expect(() => judgeEnrolment(used, { environmentId: 'env_1', nonceHash: 'n2' }, now)).toThrow(code('credential_used'));
    expect(() => judgeEnrolment(used, { environmentId: 'env_1' }, now)).toThrow(code('credential_used'));
    const { nonceHash: _nonce, ...withoutNonce } = used;
    expect(() => judgeEnrolment(withoutNonce, { environmentId: 'env_1' }, now)).toThrow(code('credential_used'));
  });

  it('tells unknown, expired and used apart', () => {
    expect(() => judgeEnrolment(undefined, { environmentId: 'env_1' }, now)).toThrow(code('credential_invalid'));
    expect(() => judgeEnrolment(fresh, { environmentId: 'env_2' }, now)).toThrow(code('credential_invalid'));
    expect(() => judgeEnrolment(fresh, { environmentId: 'env_1' }, late)).toThrow(code('credential_expired'));
    expect(() => judgeEnrolment(used, { environmentId: 'env_1', nonceHash: 'n1' }, late)).toThrow(code('credential_expired'));
    expect(() => judgeEnrolment(used, { environmentId: 'env_1' }, late)).toThrow(code('credential_used'));
  });

  it('lives 15 minutes by default and a day at most', () => {
    expect(enrolmentExpiry(now)).toEqual(late);
    expect(enrolmentExpiry(now, 'PT24H')).toEqual(new Date('2026-11-24T12:00:00.000Z'));
    for (const ttl of ['PT24H1S', 'P2D', 'PT0S']) expect(() => enrolmentExpiry(now, ttl)).toThrow(code('validation_failed'));
  });
});
