import fc from 'fast-check';
import { CONTRACTS, Problem } from './index.js';
import { readDirectly } from './read-directly.js';
import { validate, validateThoroughly, type ValidateOptions } from './validate.js';

const contracts = CONTRACTS.map((contract) => ({
  type: contract.kind === 'rpc' ? contract.request : contract.payload,
  sample: JSON.parse(JSON.stringify(contract.sample)) as object,
}));

const value = fc.oneof(
  fc.constantFrom(
    null,
    '',
    0,
    -1,
    1.5,
    true,
    [],
    {},
    '\0',
    'é\ufe0f',
    '\ud83d\ude00',
    '\ud800',
    'x'.repeat(5000),
    ['a'],
    [null],
    { a: 1 },
  ),
  fc.jsonValue(),
);

/** A sample with some places replaced, removed or added. */
function changed(sample: object, changes: { at: number; to: unknown; how: 'replace' | 'remove' | 'add' }[]): object {
  const copy = structuredClone(sample);
  for (const { at, to, how } of changes) {
    const places: [Record<string, unknown>, string][] = [];
    const visit = (node: unknown) => {
      if (typeof node !== 'object' || node === null) return;
      for (const key of Object.keys(node)) {
        places.push([node as Record<string, unknown>, key]);
        visit((node as Record<string, unknown>)[key]);
      }
    };
    visit(copy);
    if (places.length === 0) continue;
    const [parent, key] = places[at % places.length];
    const put = structuredClone(to);
    if (how === 'replace') parent[key] = put;
    else if (how === 'add' && !Array.isArray(parent)) parent.unknown = put;
    else if (!Array.isArray(parent)) delete parent[key];
  }
  return copy;
}

function outcome(read: () => object): unknown {
  try {
    return { read: read() };
  } catch (error) {
    if (error instanceof Problem) return { errors: error.options.errors };
    throw error;
  }
}

describe('read directly', () => {
  it('reads every sample, so that messages as they should be take the short way', () => {
    for (const { type, sample } of contracts) {
      if (Object.keys(sample).length > 0) expect(readDirectly<object>(type, sample)).toBeInstanceOf(type);
    }
  });

  it('lets pass what class-validator lets pass, as it does, and nothing else', () => {
    const change = fc.record({ at: fc.nat(), to: value, how: fc.constantFrom('replace', 'replace', 'remove', 'add' as const) });
    fc.assert(
      fc.property(
        fc.constantFrom(...contracts),
        fc.array(change, { maxLength: 3 }),
        fc.constantFrom<ValidateOptions['unknownFields']>('refuse', 'drop'),
        ({ type, sample }, changes, unknownFields) => {
          const plain = changed(sample, changes);
          const thorough = outcome(() => validateThoroughly<object>(type, structuredClone(plain), { unknownFields }));
          expect(outcome(() => validate<object>(type, plain, { unknownFields }))).toEqual(thorough);
        },
      ),
      { numRuns: 3000, seed: 20261124 },
    );
  });
});
