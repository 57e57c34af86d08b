import { hasRedactionToken, isRedactedValue, isRedactionToken } from './redaction.js';

const token = `rdx1_${'aB3_-'.repeat(8)}abc`;

describe('redaction', () => {
  it('knows a whole token', () => {
    expect(isRedactionToken(token)).toBe(true);
    expect(isRedactionToken(`${token}x`)).toBe(false);
    expect(isRedactionToken(` ${token}`)).toBe(false);
    expect(isRedactionToken(7)).toBe(false);
  });

  it('knows a redacted value by its only member', () => {
    expect(isRedactedValue({ $redacted: token })).toBe(true);
    expect(isRedactedValue({ $redacted: token, more: 1 })).toBe(false);
    expect(isRedactedValue({ $redacted: 'rdx1_short' })).toBe(false);
    expect(isRedactedValue([token])).toBe(false);
    expect(isRedactedValue(null)).toBe(false);
  });

  it('finds a token inside a text', () => {
    expect(hasRedactionToken(`Bearer ${token}, please`)).toBe(true);
    expect(hasRedactionToken(`Bearer ${token}abc`)).toBe(false);
    expect(hasRedactionToken('Bearer rdx1_')).toBe(false);
  });
});
