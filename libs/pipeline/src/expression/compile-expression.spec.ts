import { parseExactJson } from './exact-json.js';
import { fromCel, toCel } from './cel-value.js';
import { checkExpression } from './check-expression.js';
import { compileExpression } from './compile-expression.js';
import { StageError } from './stage-error.js';

const bodies = new Map<string, unknown>();

function evaluate(text: string, body = 'null'): unknown {
  const cel = bodies.get(body) ?? toCel(parseExactJson(body));
  bodies.set(body, cel);
  const headers = new Map([['x-event', 'push']]);
  return fromCel(
    compileExpression(text)({ body: cel, value: cel, headers, key: 'k', offset: 7n, at: '2026-01-02T03:04:05.000Z' }),
  );
}

function codeOf(text: string, body?: string): string {
  try {
    return `no error but ${JSON.stringify(evaluate(text, body))}`;
  } catch (error) {
    return error instanceof StageError ? error.code : String(error);
  }
}

describe('compile-expression', () => {
  it.each<[string, string, unknown]>([
    ['body.n % 3 == 0', '{"n":9}', true],
    ['body.qty * 2', '{"qty":21}', 42],
    ['body.qty * 2', '{"qty":21.0}', 42],
    ['body.price * 2.0', '{"price":1.25}', 2.5],
    ['body.d > 1', '{"d":1.5}', true],
    [
      "{'a': 1, 'b': 'x', 'c': [1, 'y', null], 'd': body.o}",
      '{"o":{"z":true}}',
      { a: 1, b: 'x', c: [1, 'y', null], d: { z: true } },
    ],
    ["headers['x-event'] + ':' + key", 'null', 'push:k'],
    ['offset + 1', 'null', 8],
    ["timestamp(at).getFullYear() == 2026 && at.startsWith('2026')", 'null', true],
    ["has(body.a) ? body.a : 'none'", '{}', 'none'],
    ['value.l.filter(x, x > 1).map(x, x * x)', '{"l":[1,2,3]}', [4, 9]],
    ["'2026-01-01'.matches('^[0-9]{4}-')", 'null', true],
    ['-0.0', 'null', 0],
    ["base64.encode(bytes(body.t + '\u2603'))", '{"t":"a?"}', 'YT/imIM='],
    ['string(base64.decode(body))', '"YT/imIM="', 'a?\u2603'],
    ['string(base64.decode(body))', '"YT/imIM"', 'a?\u2603'],
    ['base64.decode(body) == bytes(key)', '"aw=="', true],
    ['bytes(body).base64() == base64.encode(bytes(body))', '"x"', true],
    ['sha256(body)', '"abc"', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ["sha256(base64.decode('YWJj')) == sha256('abc') && sha256(key) != sha256(body)", '""', true],
    ["string(timestamp(at) + duration('90s'))", 'null', '2026-01-02T03:05:35Z'],
    ["string(timestamp('2026-01-02T03:04:05.120Z'))", 'null', '2026-01-02T03:04:05.12Z'],
    ["int(timestamp(at)) - int(timestamp('2026-01-02T03:04:00Z'))", 'null', 5],
    ["string(timestamp('2026-01-02T03:04:05Z') - timestamp('2026-01-02T03:04:00Z'))", 'null', '5s'],
    [
      "[duration('1h0.25s'), duration('-1.5s'), duration('1s') - duration('1.5s')].map(d, string(d))",
      'null',
      ['3600.25s', '-1.5s', '-0.5s'],
    ],
    ["[duration('0s'), duration('-1ns'), duration('0.1s'), duration('-20s')]", 'null', ['0s', '-0.000000001s', '0.1s', '-20s']],
    ["base64.decode('')", 'null', ''],
    ['bytes(body).json().n + 1', '"{\\"n\\":41}"', 42],
    ['bytes(body).json().map(x, x)', '"[1,[2]]"', [1, [2]]],
  ])('%s over %s', (text, body, result) => {
    expect(evaluate(text, body)).toEqual(result);
  });

  it.each(["base64.decode('a')", "base64.decode('ab=c')", "base64.decode('YR==')", "base64.decode('a-_b')", 'sha256(body)'])(
    '%s fails',
    (text) => {
      expect(codeOf(text, '5')).toBe('expression_failed');
    },
  );

  it.each<[string, unknown]>([
    ["string(timestamp('2026-07-01T12:00:00.5+02:00'))", '2026-07-01T10:00:00.5Z'],
    ["string(timestamp('2024-02-29t23:59:59z'))", '2024-02-29T23:59:59Z'],
    ['string(timestamp(1751371200))', '2025-07-01T12:00:00Z'],
    // The hour that a clock in Berlin skips, and the days around it.
    ["timestamp('2026-03-29T02:30:00Z').getHours('UTC')", 2],
    ["timestamp('2026-03-29T02:30:00Z').getHours('Europe/Berlin')", 4],
    ["timestamp('2026-03-29T02:30:00Z').getHours('America/New_York')", 22],
    ["timestamp('2026-03-29T02:30:00Z').getHours('-03:30')", 23],
    ["timestamp('2026-03-29T02:30:00.007Z').getMilliseconds('05:45')", 7],
    [
      "[1, 180, 364].map(d, timestamp('2026-01-01T00:00:00Z') + duration(string(d * 24) + 'h')).map(t, t.getDayOfYear())",
      [1, 180, 364],
    ],
    ["timestamp('2026-07-01T00:30:00Z').getDayOfYear('America/New_York')", 180],
    ["timestamp('2026-03-01T02:00:00Z').getDate('America/New_York')", 28],
    ["timestamp('2026-03-01T02:00:00Z').getMonth('America/New_York')", 1],
    ["timestamp('2026-03-01T02:00:00Z').getDayOfWeek('America/New_York')", 6],
    ["timestamp('2026-03-01T02:00:00Z').getDayOfMonth('America/New_York')", 27],
    ["timestamp('2026-01-01T02:03:04Z').getFullYear('America/New_York')", 2025],
    ["timestamp('0050-01-01T12:00:00Z').getFullYear('UTC')", 50],
    ["timestamp('2026-01-01T02:03:04Z').getMinutes('Asia/Kolkata')", 33],
    ["timestamp('2026-01-01T02:03:04Z').getSeconds('Asia/Kolkata')", 4],
    ["duration('90m').getHours()", 1],
  ])('%s is the same wherever it runs', (text, result) => {
    expect(evaluate(text)).toEqual(result);
  });

  it.each([
    "timestamp('2026-07-01T12:00:00.000')",
    "timestamp('2026-02-29T12:00:00Z')",
    "timestamp('2026-04-31T12:00:00Z')",
    "timestamp('2026-07-01T24:00:00Z')",
    "timestamp('2026-07-01T12:00:00+25:00')",
    "timestamp('1 July 2026, 12:00 UTC')",
    "timestamp('0000-07-01T12:00:00Z')",
    'timestamp(253402300800)',
    "timestamp(at).getHours('Nowhere/Land')",
    "timestamp('9999-12-31T23:59:59Z') + duration('8500000000000s')",
    "[timestamp('0001-01-01T00:00:00Z') - duration('8630000000000s')]",
    "string(timestamp('9999-12-31T23:59:59Z') + duration('8500000000000s'))",
    "bytes('{').json()",
  ])('%s fails', (text) => {
    expect(codeOf(text)).toBe('expression_failed');
  });

  it('rounds nothing of the JSON in bytes', () => {
    expect(codeOf('bytes(body).json().n', '"{\\"n\\":0.12345678901234567890}"')).toBe('number_not_exact');
  });

  it('names functions in its messages as expressions do', () => {
    expect(checkExpression('timestamp(true)')).toContain('timestamp(bool)');
    expect(checkExpression("'a'.matches(1)")).toContain('matches(int)');
  });

  it('gives member names no meaning of their own', () => {
    const body = '{"constructor":"c","__proto__":"p","toString":"t","hasOwnProperty":1,"length":2}';
    expect(evaluate('[body.constructor, body["__proto__"], body.toString, body.length]', body)).toEqual(['c', 'p', 't', 2]);
    expect(JSON.stringify(evaluate('body', body))).toBe(body);
    expect(codeOf('body.valueOf', '{}')).toBe('expression_failed');
  });

  it.each<[string, string]>([
    ['body.n', '{"n":9007199254740993}'],
    ['body.n + 1', '{"n":-9007199254740993}'],
    ['body.n > 0.0', '{"n":0.12345678901234567890123}'],
    ['body.n', '{"n":1e400}'],
    ['body.n', '{"n":1e-400}'],
    ['body', '[-1E+0400]'],
    ['body.n', '{"n":1.00000000000000000001}'],
    ['body.n * 2', '{"n":9007199254740991}'],
    ['[body]', '{"deep":[{"n":12345678901234567890}]}'],
    ['double(body.n) * 1e300 * 1e300', '{"n":1}'],
  ])('%s over %s is number_not_exact', (text, body) => {
    expect(codeOf(text, body)).toBe('number_not_exact');
  });

  it('leaves alone what does not touch the inexact number', () => {
    expect(evaluate('body.a', '{"a":9007199254740991,"n":9007199254740993}')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('ends: loops are metered, patterns are linear', () => {
    const list = JSON.stringify({ l: Array.from({ length: 2000 }, (_, i) => i) });
    expect(codeOf('body.l.map(x, body.l.map(y, x + y))', list)).toBe('expression_cost');
    expect(codeOf('body.l.exists(x, body.l.exists(y, body.l.exists(z, z < 0)))', list)).toBe('expression_cost');
    expect(codeOf('body.l.all(x, body.l.all(y, body.l.all(z, z >= 0)))', list)).toBe('expression_cost');
    expect((evaluate('body.l.map(x, x)', list) as number[]).length).toBe(2000);
    expect(evaluate("body.s.matches('^(a+)+$')", JSON.stringify({ s: `${'a'.repeat(20_000)}b` }))).toBe(false);
    expect(codeOf("body.s.matches('(a)\\\\1')", '{"s":"aa"}')).toBe('expression_failed');
  });

  it('meters every evaluation anew', () => {
    const list = JSON.stringify({ l: Array.from({ length: 60_000 }, () => 0) });
    for (let turn = 0; turn < 3; turn += 1) expect(evaluate('body.l.map(x, x).size()', list)).toBe(60_000);
  });

  const text = 'a'.repeat(1_000_000);
  const large = JSON.stringify({
    text,
    digits: '1'.repeat(100_000),
    part: `${'a'.repeat(250_000)}b${'a'.repeat(250_000)}`,
    list: Array.from({ length: 10_000 }, (_, n) => n),
    words: Array.from({ length: 10_000 }, (_, n) => `${n}-${'w'.repeat(200)}`),
    names: JSON.stringify(Object.fromEntries(Array.from({ length: 300_000 }, (_, n) => [`k${n}`, 1]))),
    numbers: `[${'1,'.repeat(600_000)}9007199254740993]`,
    events: JSON.stringify(Array.from({ length: 10_000 }, (_, n) => ({ id: n, name: `event ${n}`, labels: ['one', 'two'] }))),
    keys: Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`k${n}`, n])),
  });
  /** Binds x1, y1, x2, ... in turn, each made of the one before. */
  const chain = (levels: number, names: string[], make: (previous: string) => string, last: string) =>
    Array.from({ length: levels }, (_, n) => levels - n).reduce(
      (inner, n) => names.reduceRight((rest, name) => `cel.bind(${name}${n}, ${make(`${name}${n - 1}`)}, ${rest})`, inner),
      last,
    );
  const sharing = chain(6, ['x', 'y'], (previous) => `[${Array(16).fill(previous)}]`, 'x6 == y6');
  const doubling = chain(9, ['x'], (previous) => `${previous} + ${previous}`, 'x9 == body.text');
  it.each([
    "body.list.map(x, body.text.matches('b'))",
    "body.list.exists(x, body.text.matches('b'))",
    "body.text.matches('((a|b|c|d|e|f|g|h)*){16}z')",
    'body.text.contains(body.part)',
    'body.list.map(x, body.text.indexOf(string(x)))',
    'body.list.map(x, body.text.lastIndexOf(string(x)))',
    "body.list.map(x, body.text.split(''))",
    "body.list.map(x, body.text.split('', 2))",
    "body.list.map(x, body.words.join('-'))",
    'body.list.map(x, body.text + string(x))',
    'body.list.map(x, body.words + body.words)',
    'body.list.map(x, bytes(body.text))',
    'body.list.map(x, bytes(body.text) + bytes(body.text))',
    'body.list.map(x, body.text.size())',
    'body.list.map(x, sha256(body.text))',
    'body.list.map(x, base64.encode(bytes(body.text)))',
    'body.list.map(x, base64.decode(body.text))',
    'body.list.map(x, body.text.upperAscii())',
    'body.list.map(x, body.words.map(w, w) == body.words)',
    'body.list.map(x, body.text in body.words)',
    'body.list.map(x, body.words in [body.words])',
    'body.list.exists(x, body.keys.exists(k, true) && false)',
    'body.list.exists(x, x.nope || x.nope || x.nope)',
    "duration(body.digits) > duration('1s')",
    "body.list.map(x, timestamp(at).getHours('Europe/Berlin'))",
    `body.list.map(x, body.list.map(y, ${Array(8).fill("string(duration('1.5s'))").join(' + ')}))`,
    'bytes(body.names).json()',
    'bytes(body.numbers).json()',
    'body.list.map(x, bytes(body.events).json())',
    `cel.bind(x0, [1], cel.bind(y0, [1], ${sharing}))`,
    `cel.bind(x0, body.text, ${doubling})`,
  ])('bounds the work of %s', (expression) => {
    expect(codeOf(expression, large)).toBe('expression_cost');
  });

  it('costs the same, however often it is asked', () => {
    const expression = "body.list.filter(x, x < 100).map(x, body.text.contains('b' + string(x))).size()";
    const codes = Array.from({ length: 3 }, () => codeOf(expression, large));
    expect(new Set(codes)).toEqual(new Set(['no error but 100']));
  });

  it.each<[string, unknown]>([
    ["body.text.matches('b')", false],
    ["body.text.matches('[a-z]+@[a-z]+')", false],
    ["body.text.contains('aaaaaaaaaaaaaaaaaaab')", false],
    ["body.text.split('b').size()", 1],
    ["body.list.all(x, x >= 0 && string(x) != 'x')", true],
    ["body.words.join(',').split(',').size()", 10_000],
    ['body.words == body.words.filter(w, true)', true],
    ["body.text.split('a', 3).size()", 3],
    ["body.list.map(x, string(duration('1.5s'))).size()", 10_000],
    ['bytes(body.events).json().size()', 10_000],
    ['body.list.map(x, x % 7).filter(x, x in [1, 2, 3]).size()', 4287],
    ["body.words.filter(w, w.substring(0, 12).matches('^[0-9]+-w*$')).size()", 10_000],
  ])('has room for %s', (expression, result) => {
    expect(evaluate(expression, large)).toBe(result);
  });

  it('bounds results', () => {
    const body = JSON.stringify({ s: 'x'.repeat(1024 * 1024) });
    expect(codeOf('[body.s, body.s, body.s, body.s, body.s]', body)).toBe('result_too_large');
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    expect(() => toCel(JSON.parse(deep))).toThrow(StageError);
  });

  it.each([
    ['', /expression/],
    ['body.', /expression/],
    ['unknown + 1', /unknown/i],
    ['1 + true', /overload/],
    ['now()', /now/],
    ["{'__proto__': 1}", /__proto__/],
    [`${'('.repeat(60)}1${')'.repeat(60)}`, /expression/],
    [Array.from({ length: 600 }, () => '1').join('+'), /expression/],
  ])('refuses %s', (text, reason) => {
    expect(checkExpression(text)).toMatch(reason);
  });
});
