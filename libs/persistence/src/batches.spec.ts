import { Batches } from './batches.js';

/** A batch call that ends when it is told to. */
function controlled(options: { max: number; atOnce: number; keyOf?: (item: string) => string }) {
  const calls: { items: string[]; end: (error?: Error) => void }[] = [];
  const begun: (() => void)[] = [];
  const batches = new Batches<string, string>(
    (items) =>
      new Promise((resolve, reject) => {
        calls.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => item.toUpperCase()))) });
        begun.shift()?.();
      }),
    options,
  );
  return { batches, calls, next: () => new Promise<void>((resolve) => begun.push(resolve)) };
}

describe('batches', () => {
  it('does together what is asked for in one turn, and while a call runs', async () => {
    const { batches, calls, next } = controlled({ max: 10, atOnce: 1 });
    const begun = next();
    const first = ['a', 'b'].map((item) => batches.run(item));
    await begun;
    const later = ['c', 'd', 'e'].map((item) => batches.run(item));
    const again = next();
    calls[0].end();
    expect(await Promise.all(first)).toEqual(['A', 'B']);
    await again;
    calls[1].end();
    expect(await Promise.all(later)).toEqual(['C', 'D', 'E']);
    expect(calls.map(({ items }) => items)).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  it('keeps to its sizes, and items of one key apart', async () => {
    const { batches, calls, next } = controlled({ max: 2, atOnce: 2, keyOf: (item) => item[0] });
    const [, begun] = [next(), next()];
    const asked = ['a1', 'a2', 'b1', 'c1', 'd1'].map((item) => batches.run(item));
    await begun;
    expect(calls.map(({ items }) => items)).toEqual([
      ['a1', 'b1'],
      ['a2', 'c1'],
    ]);
    const third = next();
    calls[0].end();
    await third;
    calls[1].end();
    calls[2].end();
    expect(await Promise.all(asked)).toEqual(['A1', 'A2', 'B1', 'C1', 'D1']);
  });

  it('tells all of a call what went wrong with it, and goes on', async () => {
    const { batches, calls, next } = controlled({ max: 10, atOnce: 1 });
    const begun = next();
    const asked = Promise.allSettled(['a', 'b'].map((item) => batches.run(item)));
    await begun;
    calls[0].end(new Error('broken'));
    expect((await asked).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = next();
    const answer = batches.run('c');
    await again;
    calls[1].end();
    expect(await answer).toBe('C');
  });
});
