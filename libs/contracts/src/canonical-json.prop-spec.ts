import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

const reference = (value: unknown) => (canonicalize as unknown as (input: unknown) => string)(value);
const member = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 4 }),
  fc.constantFrom('2', '10', '1', 'a', 'b', 'é', '\u{1f600}', '\ufb33', 'constructor', '__proto__', 'toJSON', ''),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.constantFrom(null, true, -0, 1e21, 1e-7),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: 'binary' }),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(member, tie('value'), { maxKeys: 5 }),
  ),
}));

const sorted = (input: unknown): unknown => {
  if (Array.isArray(input)) return input.map(sorted);
  if (typeof input !== 'object' || input === null) return input;
  const names = Object.keys(input).toSorted((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(names.map((name) => [name, sorted((input as Record<string, unknown>)[name])]));
};

describe('canonicalJson', () => {
  it('is the text of RFC 8785, whatever the order of members', () => {
    fc.assert(
      fc.property(value, (input) => {
        expect(canonicalJson(input)).toBe(reference(input));
        expect(canonicalJson(sorted(input))).toBe(reference(input));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses what JSON cannot hold', () => {
    for (const wrong of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1, [Number.NaN]])
      expect(() => canonicalJson(wrong)).toThrow();
    expect(canonicalJson({ at: new Date(0), left: undefined })).toBe(reference({ at: new Date(0), left: undefined }));
  });
});
