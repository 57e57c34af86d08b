import { payloadDifference } from './payload-difference.js';

const between = (before: string, after: string) => payloadDifference(Buffer.from(before), Buffer.from(after));

describe('payload-difference', () => {
  it.each([
    ['{"a":1,"b":{"c":[1,{"d":"x"}]}}', '{"a":1,"b":{"c":[1,{"d":"y"}]}}', '/b/c/1/d', 'value'],
    ['{"b":1,"a":1}', '{"b":2,"a":2}', '/a', 'value'],
    ['{"a":1}', '{"b":1}', '/a', 'missing'],
    ['{"b":1}', '{"a":1,"b":1}', '/a', 'added'],
    ['[1,2]', '[1]', '/1', 'missing'],
    ['[1]', '[1,null]', '/1', 'added'],
    ['{"n":1}', '{"n":"1"}', '/n', 'type'],
    ['{"n":null}', '{"n":{}}', '/n', 'type'],
    ['{"n":[]}', '{"n":{}}', '/n', 'type'],
    ['{"n":9007199254740993}', '{"n":9007199254740992.5}', '/n', 'value'],
    ['"x"', '"y"', '', 'value'],
    ['{"a/b":{"c~d":1}}', '{"a/b":{"c~d":2}}', '/a~1b/c~0d', 'value'],
    ['{"__proto__":1}', '{}', '/__proto__', 'missing'],
  ])('%s and %s differ at %j by %s', (before, after, pointer, kind) => {
    expect(between(before, after)).toEqual({ pointer, kind });
  });

  it.each([
    ['no JSON', '{"a":1}', 'x'],
    ['nothing', '', '1'],
    ['written otherwise only', '{"a":1.0,"b":2}', '{ "b": 2, "a": 1 }'],
    ['too deep', `${'['.repeat(5000)}1${']'.repeat(5000)}`, '1'],
    ['too large', `"${'x'.repeat(300_000)}"`, '1'],
  ])('says nothing of what is %s', (_, before, after) => {
    expect(between(before, after)).toBeUndefined();
  });

  it('cuts off long pointers', () => {
    const name = 'n'.repeat(1000);
    expect(between(`{"${name}":1}`, `{"${name}":2}`)?.pointer).toHaveLength(300);
  });
});
