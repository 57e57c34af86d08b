import fc from 'fast-check';
import { InexactNumber, parseExactJson } from './exact-json.js';
import { JsonScanner } from './json-scanner.js';

const spaced = fc.tuple(fc.json({ noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t')).map(([text, space]) => {
  return JSON.stringify(JSON.parse(text), undefined, space);
});

describe('parse-exact-json', () => {
  it('is JSON.parse wherever that is exact', () => {
    fc.assert(
      fc.property(spaced, (text) => {
        const exact = parseExactJson(text);
        const plain: unknown = JSON.parse(text);
        // JSON.stringify writes doubles so that they read back the same; only whole ones beyond 2^53 are marked.
        const replaced = JSON.parse(text, (_, value: unknown) => {
          return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? 0 : value;
        }) as unknown;
        if (JSON.stringify(replaced) === JSON.stringify(plain)) expect(exact).toEqual(plain);
      }),
      { numRuns: 500 },
    );
  });

  it('looks at a number of any length once', () => {
    const zeros = '0'.repeat(4_000_000);
    for (const text of [`0.1${zeros}1`, `1.${zeros}1e-5`, `-${zeros.replace('0', '1')}.5`]) {
      expect(parseExactJson(text)).toBeInstanceOf(InexactNumber);
    }
    expect(parseExactJson(`0.1${zeros}`)).toBe(0.1);
  });

  it('scans any JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(spaced, (text) => {
        expect(new JsonScanner(text).value(Number)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it('finds the text of a member', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.jsonValue(),
        fc.constantFrom(undefined, 2),
        (object, body, space) => {
          const text = JSON.stringify({ ...object, body }, undefined, space);
          expect(JSON.parse(new JsonScanner(text).memberText('body') ?? '')).toEqual(JSON.parse(JSON.stringify(body)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('marks every whole number that a double does not hold, and no other', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (value) => {
        const exact = parseExactJson(`[${value}]`) as unknown[];
        if (Number.isSafeInteger(Number(value))) expect(exact).toEqual([Number(value)]);
        else expect(exact[0]).toEqual(new InexactNumber(String(value)));
      }),
      { numRuns: 1000 },
    );
  });

  it('marks fractions that would be rounded', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }), (value) => {
        // Below, the longer text may be the shortest one of another double.
        if (Number.isInteger(value) || Math.abs(value) < 1e-3) return;
        expect(parseExactJson(JSON.stringify(value))).toBe(value);
        const text = value.toFixed(15);
        const longer = `${text}000000000000000000000000001`;
        expect(parseExactJson(longer)).toBeInstanceOf(InexactNumber);
      }),
    );
  });

  it('keeps strings that look like numbers', () => {
    const text = '{"a":"12345678901234567890","b\\"9007199254740993":["9007199254740993\\\\"],"n":9007199254740993}';
    const exact = parseExactJson(text) as Record<string, unknown>;
    expect(exact.a).toBe('12345678901234567890');
    expect(exact['b"9007199254740993']).toEqual(['9007199254740993\\']);
    expect(exact.n).toBeInstanceOf(InexactNumber);
  });

  it.each([
    ['[', ']'],
    ['{"a":', '}'],
    ['[1,{"b":[', ' ] } , "c"]'],
  ])('takes numbers as deep as JSON.parse does, nested by %s', (open, close) => {
    for (const depth of [80, 1000, 200_000]) {
      const deep = `${open.repeat(depth)}{"n": 9007199254740993}${close.repeat(depth)}`;
      const [first, inner, last] = parseExactJson(`[9007199254740993, ${deep}, 9007199254740993]`) as unknown[];
      expect([first, last]).toEqual([new InexactNumber('9007199254740993'), new InexactNumber('9007199254740993')]);
      expect(leavesOf(inner)).toEqual(depth > 256 ? leavesOf(JSON.parse(deep)) : expect.arrayContaining([first]));
    }
  });
});

/** What is no list and no object, without recursion. */
function leavesOf(value: unknown): unknown[] {
  const leaves: unknown[] = [];
  const pending = [value];
  while (pending.length > 0) {
    const item = pending.pop();
    if (typeof item !== 'object' || item === null || item instanceof InexactNumber) leaves.push(item);
    else pending.push(...Object.values(item));
  }
  return leaves;
}
