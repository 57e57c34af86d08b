import { Problem } from '@reenact/contracts';
import { decodeCursor, encodeCursor, readPage, readQuery, timeParameter, toPage, wordParameter } from './index.js';

const code = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    return (error as Problem).code;
  }
  return 'none';
};

describe('page', () => {
  it('walks a list to its end without gaps or repeats', () => {
    const all = Array.from({ length: 7 }, (_, index) => ({ at: `t${9 - index}`, id: index }));
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const after = decodeCursor(cursor, 2);
      const rows = all.filter(({ at }) => !after || at < String(after[0])).slice(0, 4);
      const page = toPage(
        rows,
        3,
        ({ at, id }) => [at, id],
        ({ id }) => id,
      );
      seen.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('refuses cursors that are not ours', () => {
    for (const cursor of [
      'x',
      encodeCursor(['one']),
      Buffer.from('{"a":1}').toString('base64url'),
      Buffer.from('[null,1]').toString('base64url'),
    ]) {
      expect(code(() => decodeCursor(cursor, 2))).toBe('invalid_query_parameter');
    }
  });

  it('keeps limits', () => {
    expect(readPage({})).toEqual({ limit: 50 });
    expect(readPage({ limit: '200', cursor: 'c' })).toEqual({ limit: 200, cursor: 'c' });
    for (const limit of ['0', '201', '1.5', '-1', 'all', ''])
      expect(code(() => readPage({ limit }))).toBe('invalid_query_parameter');
  });
});

describe('read-query', () => {
  it('refuses unknown parameters before bad values', () => {
    expect(code(() => readQuery({ limit: ['1', '2'], x: '1' }, ['limit']))).toBe('invalid_query_parameter');
    expect(code(() => readQuery({ x: '1' }, ['limit']))).toBe('unknown_query_parameter');
    expect(code(() => readQuery({ constructor: '1' }, ['limit']))).toBe('unknown_query_parameter');
  });

  it('reads words and times', () => {
    expect(wordParameter({ state: 'open' }, 'state', ['open', 'closed'])).toBe('open');
    expect(code(() => wordParameter({ state: 'ajar' }, 'state', ['open', 'closed']))).toBe('invalid_query_parameter');
    expect(timeParameter({ from: '2026-01-31T13:00:00+01:00' }, 'from')).toBe('2026-01-31T12:00:00.000Z');
    for (const from of ['yesterday', '2026-01-31', '2026-13-31T00:00:00Z'])
      expect(code(() => timeParameter({ from }, 'from'))).toBe('invalid_query_parameter');
  });
});
