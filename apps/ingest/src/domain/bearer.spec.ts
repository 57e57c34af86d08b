import { newId } from '@reenact/contracts';
import { generateSecret } from '@reenact/credentials';
import { bearerSecret } from './bearer.js';

const random = new Uint8Array(32).fill(7);
const key = generateSecret('agent_key', newId('key'), random);

describe('bearer-secret', () => {
  it('takes a well-formed secret of its family', () => {
    expect(bearerSecret(`Bearer ${key}`, 'agent_key')).toBe(key);
    expect(bearerSecret(`bearer  ${key} `, 'agent_key')).toBe(key);
  });

  it.each([
    [undefined, 'credential_missing'],
    ['', 'credential_invalid'],
    ['Bearer', 'credential_invalid'],
    [`Basic ${key}`, 'credential_invalid'],
    [`Bearer ${key} ${key}`, 'credential_invalid'],
    [`Bearer ${key.slice(0, -1)}`, 'credential_invalid'],
    [`Bearer ${key.slice(0, -1)}~`, 'credential_invalid'],
    ['Bearer rnt_agt_', 'credential_invalid'],
    [`Bearer ${generateSecret('api_token', newId('token'), random)}`, 'credential_kind_mismatch'],
    [`Bearer ${generateSecret('enrolment_token', newId('enrolment'), random)}`, 'credential_kind_mismatch'],
    ['Bearer rnt_pat_nonsense', 'credential_kind_mismatch'],
  ])('refuses %j with %s', (header, code) => {
    expect(() => bearerSecret(header, 'agent_key')).toThrow(expect.objectContaining({ code }));
  });
});
