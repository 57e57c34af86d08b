import { keysetOf, pageOf } from './keyset-page.js';

const read = (id: string) => ({ key: id, item: { id } });

describe('keyset page', () => {
  it('leads from page to page, to an end', () => {
    const ids = ['e', 'd', 'c', 'b', 'a'];
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const { before, limit } = keysetOf({ limit: 2, cursor });
      const page = pageOf(ids.filter((id) => id < before).slice(0, limit + 1), limit, read);
      seen.push(...page.items.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(ids);
    expect(pageOf([], 2, read)).toEqual({ items: [], nextCursor: null });
  });

  it('ends early before it grows too large, never without an item', () => {
    const large = (id: string) => ({ key: id, item: { id, text: 'x'.repeat(300_000) } });
    const page = pageOf(['b', 'a'], 2, large);
    expect(page.items.map(({ id }) => id)).toEqual(['b']);
    expect(keysetOf({ cursor: page.nextCursor ?? '' }).before).toBe('b');
    expect(pageOf(['a'], 2, (id: string) => ({ key: id, item: 'x'.repeat(500_000) })).items).toHaveLength(1);
  });

  it('refuses a cursor that no page gave', () => {
    for (const cursor of ['', '***', 'YQ==', Buffer.from('a\nb').toString('base64url')]) {
      expect(() => keysetOf({ cursor })).toThrow(expect.objectContaining({ code: 'invalid_query_parameter' }) as Error);
    }
  });
});
