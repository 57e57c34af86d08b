import { Problem } from '@reenact/contracts';
import { decodeSelection } from './decode-selection.js';

describe('decode-selection', () => {
  it.each([
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [
      { fromOffset: 0, toOffset: 0, lastN: 1, where: 'true' },
      { fromOffset: 0, toOffset: 0, lastN: 1, where: 'true' },
    ],
    [{ fromOffset: null, lastN: null, where: null, toOffset: null }, {}],
  ])('takes %j', (json, selection) => {
    expect(decodeSelection(json)).toEqual(selection);
  });

  it.each([
    [[], '/selection'],
    [{ fromOffset: -1 }, '/selection/fromOffset'],
    [{ lastN: 0 }, '/selection/lastN'],
    [{ lastN: 1.5 }, '/selection/lastN'],
    [{ where: 'body.' }, '/selection/where'],
    [{ where: '' }, '/selection/where'],
    [{ where: '1+1' }, '/selection/where'],
    [{ where: "key.matches('(')" }, '/selection/where'],
    [{ fromOffset: 2, toOffset: 1 }, '/selection/toOffset'],
    [{ limit: 1 }, '/selection/limit'],
  ])('refuses %j', (json, path) => {
    expect.assertions(2);
    try {
      decodeSelection(json, '/selection');
    } catch (error) {
      expect((error as Problem).code).toBe('validation_failed');
      expect((error as Problem).options.errors?.[0].path).toBe(path);
    }
  });
});
