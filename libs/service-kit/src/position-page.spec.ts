import { encodePosition, positionsOf } from './index.js';

describe('position-page', () => {
  it('begins at the start, and goes on where it was', () => {
    expect(positionsOf({})).toEqual({ from: 0, limit: 50 });
    for (const from of [0, 1, 200, Number.MAX_SAFE_INTEGER])
      expect(positionsOf({ limit: 3, cursor: encodePosition(from) })).toEqual({ from, limit: 3 });
  });

  it.each(['', 'x', '-1', '1.5', '01', 'NaN', '[1]', '9007199254740993'])('refuses %j, which no page gave', (text) => {
    const refusal = expect.objectContaining({ code: 'invalid_query_parameter' }) as Error;
    expect(() => positionsOf({ cursor: Buffer.from(text).toString('base64url') })).toThrow(refusal);
    expect(() => positionsOf({ cursor: `${text}!` })).toThrow(refusal);
  });
});
