import { sha256 } from '@reenact/contracts';
import { readContentDigest } from './content-digest.js';

const digest = sha256('evidence');
const base64 = Buffer.from(digest.slice(7), 'hex').toString('base64');

describe('content-digest', () => {
  it.each([
    ['alone', `sha-256=:${base64}:`],
    ['beside others', `sha-512=:${'A'.repeat(86)}==: ,  sha-256=:${base64}:`],
    ['given twice: the last one counts', `sha-256=:${Buffer.alloc(32).toString('base64')}:, sha-256=:${base64}:`],
  ])('reads a sha-256 %s', (_name, header) => {
    expect(readContentDigest(header)).toBe(digest);
  });

  it('answers nothing where there is no sha-256', () => {
    expect(readContentDigest(undefined)).toBeUndefined();
    expect(readContentDigest('md5=:AAAA:')).toBeUndefined();
  });

  it.each(['', 'sha-256', `sha-256=${base64}`, 'sha-256=:AAAA:', 'sha-256=:***:', `sha-256=:${base64}:,`])(
    'refuses %j',
    (header) => {
      expect(() => readContentDigest(header)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
    },
  );
});
