import { Problem, canonicalSha256 } from '@reenact/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { ISSUE_TRIAGE, actionStage, filterStage, laneGraph, mapStage } from '../testing/sample-specs.js';
import { parseSpec, parseSpecBytes } from './decode-pipeline.js';
import { PIPELINE_SPEC_SCHEMA } from './pipeline.schema.js';
import { kvSpecHash, specHash } from './spec-hash.js';
import { capabilitiesOf, targetsOf } from './spec-model.js';

const followsSchema = new Ajv2020({ strict: false }).compile(PIPELINE_SPEC_SCHEMA);

function faultsOf(spec: unknown): { path: string; message: string }[] {
  try {
    parseSpec(spec);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).code).toBe('spec_invalid');
    return (error as Problem).options.errors ?? [];
  }
}

const VALID: Record<string, unknown> = {
  'the sample': ISSUE_TRIAGE,
  'a fan-out that merges again': laneGraph([
    filterStage('a', ['in'], 'a'),
    filterStage('b', ['in'], 'b'),
    mapStage('m', ['b', 'a'], 'm', 'value'),
    actionStage('act', ['m']),
  ]),
  'stages in any order': laneGraph([actionStage('act', ['m']), mapStage('m', ['in'], 'm', { a: ['1', null, { b: 2.5 }] })]),
  'every kind': laneGraph([
    { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body.lines' },
    { id: 'w', kind: 'window', from: ['s'], to: 'w', count: 3 },
    { id: 'n', kind: 'action', from: ['w'], action: { kind: 'nats', target: 'bus', subject: "'a.b'", body: 'raw' } },
    {
      id: 'h',
      kind: 'action',
      from: ['w'],
      to: 'after',
      idempotent: false,
      action: { kind: 'http', target: 'web', method: 'GET', path: "'/x'", headers: ['X-A'] },
    },
  ]),
  'every name that a target may have': laneGraph(
    ['t', '0_b', 'a-b_c', 'a_', 'a-', 'x'.repeat(63)].map((target, i) => actionStage(`s${i}`, ['in'], { target })),
  ),
  'a single ring': { ...ISSUE_TRIAGE, model: 'single_ring' },
};

const WRONG_SHAPE: Record<string, [unknown, string]> = {
  'no object': [[], ''],
  'an unknown member': [{ ...ISSUE_TRIAGE, extra: 1 }, '/extra'],
  'another version': [{ ...ISSUE_TRIAGE, apiVersion: 'reenact.dev/v2' }, '/apiVersion'],
  'an unknown model': [{ ...ISSUE_TRIAGE, model: 'ring' }, '/model'],
  'no stages': [laneGraph([]), '/stages'],
  'too many stages': [laneGraph(Array.from({ length: 257 }, (_, i) => filterStage(`f${i}`, ['in'], `l${i}`))), '/stages'],
  'an unknown kind': [laneGraph([{ id: 'x', kind: 'join', from: ['in'], to: 'y' }]), '/stages/0/kind'],
  'an unknown member of a stage': [laneGraph([{ ...filterStage('f', ['in'], 'o'), note: '' }]), '/stages/0/note'],
  'a filter without when': [laneGraph([{ id: 'f', kind: 'filter', from: ['in'], to: 'o' }]), '/stages/0/when'],
  'a map without to': [laneGraph([{ id: 'm', kind: 'map', from: ['in'], value: '1' }]), '/stages/0/to'],
  'a window of none': [laneGraph([{ id: 'w', kind: 'window', from: ['in'], to: 'o', count: 0 }]), '/stages/0/count'],
  'a target that is computed': [laneGraph([actionStage('a', ['in'], { target: 'body.target ' })]), '/stages/0/action/target'],
  'a target that begins with a dash': [laneGraph([actionStage('a', ['in'], { target: '-a' })]), '/stages/0/action/target'],
  'a target with a long name': [laneGraph([actionStage('a', ['in'], { target: 'x'.repeat(64) })]), '/stages/0/action/target'],
  'an unknown method': [laneGraph([actionStage('a', ['in'], { method: 'TRACE' })]), '/stages/0/action/method'],
  'a lane read twice': [laneGraph([filterStage('f', ['in', 'in'], 'o')]), '/stages/0/from'],
  'an expression that is too long': [laneGraph([filterStage('f', ['in'], 'o', `${'!'.repeat(4096)}true`)]), '/stages/0/when'],
  'an action without action': [laneGraph([{ id: 'a', kind: 'action', from: ['in'] }]), '/stages/0/action'],
};

/** What a JSON Schema cannot say. */
const WRONG_MEANING: Record<string, [unknown, string, RegExp]> = {
  'a lane nobody writes': [laneGraph([filterStage('f', ['lost'], 'o')]), '/stages/0/from', /stage 'f'.*'lost'/],
  'an id twice': [laneGraph([filterStage('f', ['in'], 'o'), filterStage('f', ['in'], 'p')]), '/stages/1/id', /'f'/],
  'a lane written twice': [laneGraph([filterStage('f', ['in'], 'o'), filterStage('g', ['in'], 'o')]), '/stages/1/to', /'o'/],
  'the input written': [laneGraph([filterStage('f', ['in'], 'in')]), '/stages/0/to', /input/],
  'a cycle': [laneGraph([filterStage('f', ['in', 'p'], 'o'), filterStage('g', ['o'], 'p')]), '/stages/0/from', /cycle/],
  'a stage that reads itself': [laneGraph([filterStage('f', ['o'], 'o')]), '/stages/0/from', /cycle/],
  'a ring with a fan-out': [
    { ...laneGraph([filterStage('f', ['in'], 'o'), filterStage('g', ['in'], 'p')]), model: 'single_ring' },
    '/stages/1/from',
    /one line/,
  ],
  'broken CEL': [laneGraph([filterStage('f', ['in'], 'o', 'body.x ==')]), '/stages/0/when', /stage 'f'.*expression/],
  'an unknown variable': [laneGraph([filterStage('f', ['in'], 'o', 'now() > 1')]), '/stages/0/when', /now/],
  'CEL deep in a template': [
    laneGraph([mapStage('m', ['in'], 'o', { a: [{ 'b/c': '1 +' }] })]),
    '/stages/0/value/a/0/b~1c',
    /expression/,
  ],
  'a body with GET': [laneGraph([actionStage('a', ['in'], { method: 'GET', body: 'value' })]), '/stages/0/action/body', /GET/],
  'a header of the connection': [
    laneGraph([actionStage('a', ['in'], { headers: ['Host'] })]),
    '/stages/0/action/headers',
    /Host/,
  ],
  'a member CEL would drop': [
    laneGraph([filterStage('f', ['in'], 'o', "{'constructor': 1}.size() == 1")]),
    '/stages/0/when',
    /constructor/,
  ],
};

const splitStage = (items: string) => ({ id: 's', kind: 'split', from: ['in'], to: 'o', items });
const natsStage = (subject: string) => ({
  id: 'n',
  kind: 'action',
  from: ['in'],
  action: { kind: 'nats', target: 'bus', subject },
});

/** Whatever record they are given. */
const WRONG_RESULT: [unknown, string, RegExp][] = [
  [filterStage('s', ['in'], 'o', '1'), '/when', /must give true or false, not int/],
  [filterStage('s', ['in'], 'o', "headers['x-event']"), '/when', /must give true or false, not string/],
  [filterStage('s', ['in'], 'o', 'dyn(1)'), '/when', /must give true or false/],
  [filterStage('s', ['in'], 'o', '1 / 0 == 1'), '/when', /zero/],
  [filterStage('s', ['in'], 'o', "key.matches('(')"), '/when', /pattern '\(' cannot be matched/],
  [filterStage('s', ['in'], 'o', "body.l.exists(x, x.matches('(?=a)'))"), '/when', /pattern '\(\?=a\)' cannot/],
  [filterStage('s', ['in'], 'o', 'optional.of(body).hasValue()'), '/when', /Unknown variable: optional/],
  [mapStage('s', ['in'], 'o', { a: ['optional.none()'] }), '/value/a/0', /Unknown variable: optional/],
  [mapStage('s', ['in'], 'o', "body.matches('[')"), '/value', /pattern '\[' cannot be matched/],
  [splitStage('5'), '/items', /must give a list, not int/],
  [splitStage('{"a": body}'), '/items', /must give a list, not map/],
  [actionStage('s', ['in'], { path: '1' }), '/action/path', /must give text, not int/],
  [actionStage('s', ['in'], { path: "'//evil'" }), '/action/path', /begins like a host/],
  [actionStage('s', ['in'], { path: "'/a' + '/../b'" }), '/action/path', /dot segment/],
  [actionStage('s', ['in'], { path: 'dyn(1)' }), '/action/path', /must give text/],
  [natsStage("'a.*'"), '/action/subject', /wildcards/],
  [natsStage('[body.a]'), '/action/subject', /must give text, not list/],
];

const RIGHT_RESULT: unknown[] = [
  filterStage('s', ['in'], 'o', 'body.flag'),
  filterStage('s', ['in'], 'o', 'body.l[0]'),
  filterStage('s', ['in'], 'o', "body.name.matches(body.pattern) && key.matches('^(a|b)+$')"),
  filterStage('s', ['in'], 'o', "'('.contains('(')"),
  filterStage('s', ['in'], 'o', 'body.l.exists(optional, optional == 1)'),
  // Too much work to try it out.
  filterStage('s', ['in'], 'o', `${'[1, 2, 3, 4, 5, 6, 7, 8].all(x, '.repeat(5)}x > 9${')'.repeat(5)}`),
  splitStage('body'),
  splitStage('[]'),
  splitStage('body.l.filter(x, x > 1)'),
  splitStage("body.text.split(',')"),
  splitStage('body.x == null ? [] : body.x'),
  actionStage('s', ['in'], { path: 'body.path' }),
  actionStage('s', ['in'], { path: "'//' + body.path" }),
  actionStage('s', ['in'], { path: "'/a/' + string(offset)" }),
  natsStage("'a.' + key"),
];

describe('parse-spec', () => {
  it.each(Object.entries(VALID))('takes %s, and the schema does', (_, spec) => {
    expect(faultsOf(spec)).toEqual([]);
    expect(followsSchema(spec)).toBe(true);
  });

  it.each(Object.entries(WRONG_SHAPE))('refuses %s, and the schema does', (_, [spec, path]) => {
    expect(faultsOf(spec).map((fault) => fault.path)).toContain(path);
    expect(followsSchema(spec)).toBe(false);
  });

  it.each(Object.entries(WRONG_MEANING))('refuses %s, with stage and reason', (_, [spec, path, reason]) => {
    expect(faultsOf(spec)).toContainEqual({ path, message: expect.stringMatching(reason) });
  });

  it.each(WRONG_RESULT)('refuses %j, which can give nothing of use', (stage, member, reason) => {
    const path = `/stages/0${member}`;
    const message = expect.stringMatching(new RegExp(`^stage '[sn]': .*${reason.source}`));
    expect(faultsOf(laneGraph([stage]))).toEqual([{ path, message }]);
  });

  it.each(RIGHT_RESULT)('takes %j, which may', (stage) => {
    expect(faultsOf(laneGraph([stage]))).toEqual([]);
  });

  it('says everything that is wrong at once', () => {
    const spec = { ...laneGraph([filterStage('f', [], 'o', '1 +'), { id: 'x' }]), name: 'Not A Name' };
    expect(faultsOf(spec).length).toBeGreaterThanOrEqual(5);
  });

  it('refuses bytes that are not UTF-8 JSON', () => {
    expect(() => parseSpecBytes(Buffer.from([0xff]))).toThrow(Problem);
    expect(() => parseSpecBytes(Buffer.from('{'))).toThrow(/not UTF-8 JSON/);
  });
});

describe('spec-hash', () => {
  it('does not depend on spacing and member order, and on nothing less', () => {
    const reordered = Object.fromEntries(Object.entries(ISSUE_TRIAGE).reverse());
    expect(specHash(reordered as never)).toBe(specHash(ISSUE_TRIAGE));
    expect(specHash(parseSpecBytes(Buffer.from(JSON.stringify(ISSUE_TRIAGE, undefined, 4))))).toBe(canonicalSha256(ISSUE_TRIAGE));
    expect(specHash({ ...ISSUE_TRIAGE, name: 'other' })).not.toBe(specHash(ISSUE_TRIAGE));
  });

  it('takes .kv bytes as they are', () => {
    expect(kvSpecHash(Buffer.from('a=1\n'))).not.toBe(kvSpecHash(Buffer.from('a=1')));
  });
});

describe('capabilities-of', () => {
  it('is sorted and named once', () => {
    const spec = parseSpec(
      laneGraph([
        actionStage('b', ['in'], { target: 'web' }),
        actionStage('a', ['in'], { target: 'api' }),
        actionStage('c', ['in'], { target: 'web' }),
      ]),
    );
    expect(capabilitiesOf(spec)).toEqual(['http:api', 'http:web']);
    expect(targetsOf(spec)).toEqual([
      { kind: 'http', name: 'api' },
      { kind: 'http', name: 'web' },
    ]);
  });
});
