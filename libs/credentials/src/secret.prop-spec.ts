import { newId } from '@reenact/contracts';
import fc from 'fast-check';
import { constantTimeEqual, generateSecret, parseSecret, type SecretKind, secretFamily, secretHash } from './secret.js';

const ID_KINDS = { api_token: 'token', enrolment_token: 'enrolment', agent_key: 'key' } as const;
const kinds = fc.constantFrom<SecretKind>('api_token', 'enrolment_token', 'agent_key');
const random = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('secret', () => {
  it('secret - has the published form, also for the smallest and largest random bytes', () => {
    const id = 'key_01h455vb4pex5vsknk084sn02q';
    const smallest = generateSecret('agent_key', id, new Uint8Array(32));
    expect(smallest).toMatch(/^rnt_agt_key_01h455vb4pex5vsknk084sn02q_0{43}[0-9A-Za-z]{6}$/);
    const largest = generateSecret('agent_key', id, new Uint8Array(32).fill(255));
    expect(largest).toHaveLength(smallest.length);
    expect(parseSecret(largest)).toEqual({ kind: 'agent_key', id });
  });

  it('secret - is read back, and one changed, missing or added character is noticed', () => {
    fc.assert(
      fc.property(kinds, random, fc.nat(), fc.constantFrom('0', 'a', 'Z', '9', '_', '-'), (kind, bytes, at, character) => {
        const id = newId(ID_KINDS[kind]);
        const secret = generateSecret(kind, id, bytes);
        expect(parseSecret(secret)).toEqual({ kind, id });
        const i = at % secret.length;
        if (secret[i] !== character) expect(parseSecret(secret.slice(0, i) + character + secret.slice(i + 1))).toBeUndefined();
        expect(parseSecret(secret.slice(0, i) + secret.slice(i + 1))).toBeUndefined();
        expect(parseSecret(secret + character)).toBeUndefined();
        expect(parseSecret(`${secret}\n`)).toBeUndefined();
      }),
    );
  });

  it('secret - tells its family even when the rest is wrong', () => {
    expect(secretFamily('rnt_pat_nonsense')).toBe('api_token');
    expect(secretFamily('rnt_enr_')).toBe('enrolment_token');
    expect(secretFamily('Bearer rnt_agt_')).toBeUndefined();
    expect(parseSecret('rnt_pat_nonsense')).toBeUndefined();
  });

  it('secret - is made of an id of its own kind and 32 bytes only', () => {
    expect(() => generateSecret('agent_key', newId('token'), new Uint8Array(32))).toThrow(RangeError);
    expect(() => generateSecret('agent_key', newId('key'), new Uint8Array(31))).toThrow(RangeError);
  });

  it('secret - is stored as a hash and compared whole', () => {
    expect(secretHash('a')).toBe('sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb');
    expect(constantTimeEqual('abc', 'abc')).toBe(true);
    expect(constantTimeEqual('abc', 'abd')).toBe(false);
    expect(constantTimeEqual('abc', 'abcd')).toBe(false);
  });
});
