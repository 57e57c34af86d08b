import { countDoneBefore } from './done-before.js';

async function* planOf(count: number, read: { actions: number } = { actions: 0 }) {
  for (let n = 0; n < count; n += 1) {
    read.actions += 1;
    const disposition = n % 2 === 0 ? ('perform' as const) : ('already_done' as const);
    yield { action: { idempotencyKey: `key ${n}`, disposition } };
  }
}

describe('done-before', () => {
  const going = new AbortController().signal;

  it('asks for the keys of what is to be done, a thousand at a time', async () => {
    const asked: number[] = [];
    const countDone = async (environmentId: string, keys: readonly string[]) => {
      expect(environmentId).toBe('env_1');
      asked.push(keys.length);
      return keys.filter((key) => key.endsWith('8')).length;
    };
    expect(await countDoneBefore({ hasAny: async () => true, countDone }, 'env_1', planOf(5000), going)).toBe(500);
    expect(asked).toEqual([1000, 1000, 500]);
  });

  it('does not read the plan where nothing was done yet', async () => {
    const read = { actions: 0 };
    const effects = { hasAny: async () => false, countDone: jest.fn() };
    expect(await countDoneBefore(effects, 'env_1', planOf(10, read), going)).toBe(0);
    expect(read.actions).toBe(0);
    expect(effects.countDone).not.toHaveBeenCalled();
  });

  it('stops when the run is withdrawn', async () => {
    const effects = { hasAny: async () => true, countDone: async () => 0 };
    const stopped = AbortSignal.abort(new Error('withdrawn'));
    await expect(countDoneBefore(effects, 'env_1', planOf(10), stopped)).rejects.toThrow('withdrawn');
  });
});
