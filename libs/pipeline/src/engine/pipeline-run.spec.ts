import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type JournalEntry, JournalRecord } from '../journal/journal-record.js';
import { parseSpec } from '../spec/decode-pipeline.js';
import { actionStage, filterStage, laneGraph, mapStage } from '../testing/sample-specs.js';
import type { EngineAction } from './action.js';
import { compileSpec } from './compile-pipeline.js';
import { PipelineRun, type StageFault } from './pipeline-run.js';

function runOver(stages: unknown[], bodies: unknown[], change: Partial<JournalEntry> = {}) {
  const run = new PipelineRun(compileSpec(parseSpec(laneGraph(stages))));
  const actions: EngineAction[] = [];
  const errors: StageFault[] = [];
  bodies.forEach((body, offset) => {
    const result = run.process(JournalRecord.of({ offset, at: '2026-01-02T03:04:05.000Z', body, ...change }));
    actions.push(...result.actions);
    errors.push(...result.errors);
  });
  return {
    actions,
    errors,
    stages: run.stages,
    payloads: actions.map(({ payload }) => JSON.parse(payload.toString() || 'null') as unknown),
  };
}

/** Bytes, once what nobody refers to is gone. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

describe('pipeline-run', () => {
  it('filters, maps and acts', () => {
    const { actions, stages } = runOver(
      [
        filterStage('f', ['in'], 'f', 'body.n % 3 == 0'),
        mapStage('m', ['f'], 'm', { b: 'body.n * 2', a: 'offset' }),
        actionStage('act', ['m']),
      ],
      [{ n: 0 }, { n: 1 }, { n: 3 }],
    );
    expect(actions.map(({ offset, stage, n }) => ({ offset, stage, n }))).toEqual([
      { offset: 0, stage: 'act', n: 0 },
      { offset: 2, stage: 'act', n: 0 },
    ]);
    expect(actions[1].payload.toString()).toBe('{"a":2,"b":6}');
    expect(actions[1]).toMatchObject({ kind: 'http', target: 'web', method: 'POST', path: '/x', idempotent: false });
    expect(stages).toEqual([
      { id: 'f', in: 3, out: 2, errors: 0 },
      { id: 'm', in: 2, out: 2, errors: 0 },
      { id: 'act', in: 2, out: 2, errors: 0 },
    ]);
  });

  it('splits, and numbers the actions of a record', () => {
    const stages = [
      { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body.l' },
      actionStage('a', ['s'], { path: "'/' + string(value)" }),
    ];
    const { actions } = runOver(stages, [{ l: [5, 6] }, { l: [] }, { l: [7] }]);
    expect(actions.map(({ offset, n, path }) => [offset, n, path])).toEqual([
      [0, 0, '/5'],
      [0, 1, '/6'],
      [2, 0, '/7'],
    ]);
  });

  it('keeps the numbers of actions beside one that fails', () => {
    const stages = [
      { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body' },
      actionStage('a', ['s'], { path: "'/' + value" }),
    ];
    const { actions, errors } = runOver(stages, [['x', 7, 'z']]);
    expect(actions.map(({ n, path }) => [n, path])).toEqual([
      [0, '/x'],
      [2, '/z'],
    ]);
    expect(errors).toHaveLength(1);
  });

  it('windows by count: a window belongs to the record that completes it, the rest is not passed on', () => {
    const stages = [{ id: 'w', kind: 'window', from: ['in'], to: 'w', count: 3 }, actionStage('a', ['w'])];
    const { actions, payloads, stages: counts } = runOver(stages, [1, 2, 3, 4, 5, 6, 7]);
    expect(payloads).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(actions.map(({ offset }) => offset)).toEqual([2, 5]);
    expect(counts[0]).toMatchObject({ in: 7, out: 2 });
  });

  it.each([
    ['as written', (list: unknown[]) => list],
    ['turned around', (list: unknown[]) => [...list].reverse()],
  ])('merges in the order of stages and n, lanes named %s', (_, order) => {
    const stages = [
      { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body' },
      mapStage('a', ['s'], 'a', "'a' + string(value)"),
      mapStage('b', ['s'], 'b', "'b' + string(value)"),
      { id: 'w', kind: 'window', from: order(['a', 'b', 'in']), to: 'w', count: 5 },
      actionStage('act', ['w']),
    ];
    expect(runOver(stages, [[1, 2]]).payloads).toEqual([[[1, 2], 'a1', 'a2', 'b1', 'b2']]);
  });

  it('orders the actions of a record by stage, whatever lane comes first', () => {
    const stages = [actionStage('late', ['m']), actionStage('first', ['in']), mapStage('m', ['in'], 'm', 'value')];
    expect(runOver(stages, [1]).actions.map(({ stage }) => stage)).toEqual(['late', 'first']);
  });

  it('passes on what an action stage with a lane has asked for', () => {
    const stages = [{ ...actionStage('one', ['in']), to: 'done' }, actionStage('two', ['done'])];
    expect(runOver(stages, [1]).actions.map(({ stage }) => stage)).toEqual(['one', 'two']);
  });

  it('counts errors per stage and goes on', () => {
    const { actions, errors, stages } = runOver(
      [filterStage('f', ['in'], 'f', 'body.n > 1'), actionStage('a', ['f'], { path: 'body.p' })],
      [
        {},
        { n: 'x' },
        { n: 2, p: 'relative' },
        { n: 2, p: '/../up' },
        { n: 2, p: '/%2e%2e/up' },
        { n: 2, p: '//host' },
        { n: 2, p: '/ok?q=%20' },
      ],
    );
    expect(actions.map(({ path }) => path)).toEqual(['/ok?q=%20']);
    expect(errors.map(({ stage, code }) => `${stage} ${code}`)).toEqual([
      'f expression_failed',
      'f expression_failed',
      ...Array.from({ length: 4 }, () => 'a path_invalid'),
    ]);
    expect(stages).toMatchObject([
      { in: 7, out: 5, errors: 2, firstError: { offset: 0, code: 'expression_failed' } },
      { in: 5, out: 1, errors: 4, firstError: { offset: 2, code: 'path_invalid' } },
    ]);
  });

  it('never rounds: a number that is not exact is an error of the stage that uses it', () => {
    const line = '{"offset":0,"at":"2026-01-02T03:04:05.000Z","body":{"id":9007199254740993,"a":1}}';
    const outcome = (stages: unknown[]) => {
      const result = new PipelineRun(compileSpec(parseSpec(laneGraph(stages)))).process(JournalRecord.parse(line));
      return result.errors[0]?.code ?? result.actions[0]?.payload.toString();
    };
    expect(outcome([filterStage('f', ['in'], 'f', 'body.id > 0'), actionStage('a', ['f'])])).toBe('number_not_exact');
    expect(outcome([mapStage('m', ['in'], 'm', 'body'), actionStage('a', ['m'])])).toBe('number_not_exact');
    expect(outcome([actionStage('a', ['in'])])).toBe('number_not_exact');
    expect(outcome([mapStage('m', ['in'], 'm', 'body.a'), actionStage('a', ['m'])])).toBe('1');
    expect(outcome([actionStage('a', ['in'], { body: 'raw' })])).toBe('{"id":9007199254740993,"a":1}');
  });

  it('sends what body says, with the headers let through', () => {
    const stages = [
      actionStage('raw', ['in'], { body: 'raw', headers: ['X-B', 'content-type', 'x-a'] }),
      actionStage('cel', ['in'], { body: "{'t': value.t}" }),
      actionStage('get', ['in'], { method: 'GET' }),
      {
        id: 'bus',
        kind: 'action',
        from: ['in'],
        action: { kind: 'nats', target: 'bus', subject: "'t.' + key", body: 'value.t' },
      },
    ];
    const { actions } = runOver(stages, [{ t: 'x' }], {
      key: 'k',
      headers: { 'X-A': '1', 'X-B': '2', 'X-Secret': '3', 'Content-Type': 'text/x' },
    });
    expect(actions.map(({ headers, payload }) => [payload.toString(), headers])).toEqual([
      ['{"t":"x"}', { 'content-type': 'text/x', 'x-a': '1', 'x-b': '2' }],
      ['{"t":"x"}', { 'content-type': 'application/json' }],
      ['', undefined],
      ['"x"', { 'content-type': 'application/json' }],
    ]);
    expect(Object.keys(actions[0].headers ?? {})).toEqual(['content-type', 'x-a', 'x-b']);
    expect(actions[3]).toMatchObject({ kind: 'nats', subject: 't.k' });
    expect(actions[3]).not.toHaveProperty('path');
  });

  it.each(['a b', 'a.*', 'a.>', 'a..b', '', '$SYS.x', '_INBOX.x'])('refuses to publish to %j', (subject) => {
    const stage = { id: 'bus', kind: 'action', from: ['in'], action: { kind: 'nats', target: 'bus', subject: 'body' } };
    expect(runOver([stage], [subject]).errors).toMatchObject([{ code: 'subject_invalid' }]);
  });

  it.each([
    ['v\r\nX-Evil: 1', 'characters that no header can have'],
    ['\u20ac', 'characters that no header can have'],
    ['a\0b', 'characters that no header can have'],
    ['a'.repeat(8193), 'longer than 8192'],
  ])('makes no action with the header %j', (value, message) => {
    const stage = actionStage('a', ['in'], { headers: ['x-a'] });
    const { actions, errors } = runOver([stage], [1], { headers: { 'X-A': value } });
    expect(actions).toEqual([]);
    expect(errors).toMatchObject([{ code: 'header_invalid', message: expect.stringContaining(message) }]);
    expect(runOver([stage], [1], { headers: { 'X-A': 'caf\u00e9\t1' } }).actions).toHaveLength(1);
  });

  it('refuses bodies that nest too deep, and goes on', () => {
    const deep = JSON.parse(`${'['.repeat(1000)}${']'.repeat(1000)}`) as unknown;
    const { actions, errors } = runOver([actionStage('a', ['in']), mapStage('m', ['in'], 'm', 'body')], [deep, 1]);
    expect(errors.map(({ stage, code }) => [stage, code])).toEqual([
      ['a', 'result_too_large'],
      ['m', 'expression_failed'],
    ]);
    expect(actions).toHaveLength(1);
  });

  it('bounds what one record may cost, whatever its stages ask for, and goes on with the next', () => {
    const costly = "body.l.all(x, !body.t.contains('b' + string(x)))";
    const stages = [
      { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body.l' },
      filterStage('f', ['s'], 'f', costly),
      mapStage('m', ['s'], 'm', 'body'),
      actionStage('act', ['m']),
    ];
    const list = Array.from({ length: 3000 }, (_, n) => n);
    const {
      actions,
      errors,
      stages: counts,
    } = runOver(stages, [
      { l: list, t: 'a'.repeat(100_000) },
      { l: [1], t: '1' },
    ]);
    // The filter alone fails at each of its first values, then the record is given up.
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['expression_cost']));
    expect(errors.length).toBeLessThan(20);
    expect(counts.map(({ in: read, out, errors: failed }) => [read, out, failed])).toEqual([
      [2, 3001, 0],
      [3001, 1, 3000],
      [3001, 1, 3000],
      [1, 1, 0],
    ]);
    expect(actions.map(({ offset }) => offset)).toEqual([1]);
  });

  it('bounds the payloads of one record together', () => {
    const stages = [
      { id: 's', kind: 'split', from: ['in'], to: 's', items: 'body.l' },
      actionStage('act', ['s'], { body: 'raw' }),
    ];
    const { actions, errors } = runOver(stages, [{ l: Array.from({ length: 1000 }, (_, n) => n), t: 'x'.repeat(1_000_000) }]);
    expect(actions.length).toBeGreaterThan(50);
    expect(actions.length).toBeLessThan(100);
    expect(errors).toMatchObject([{ stage: 'act', code: 'expression_cost' }]);
  });

  it('bounds what one record may give', () => {
    const ten = { kind: 'split', items: '[0,1,2,3,4,5,6,7,8,9]' };
    const stages = Array.from({ length: 7 }, (_, i) => ({
      ...ten,
      id: `s${i}`,
      from: [i === 0 ? 'in' : `l${i - 1}`],
      to: `l${i}`,
    }));
    const { errors } = runOver(stages, [1]);
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['too_many_items']));
  });

  describe('what waits in windows', () => {
    const window = (id: string, from: string, count: number) => ({ id, kind: 'window', from: [from], to: id, count });
    /** A list of lists of lists ..., each sixteen times the one below: small as it is made, and large once it is JSON. */
    const large = [4, 3, 2, 1].reduce((inner, n) => `cel.bind(x${n}, [${Array(16).fill(`x${n - 1}`)}], ${inner})`, 'x4');
    const codesOf = (errors: StageFault[]) => errors.map(({ offset, stage, code }) => [offset, stage, code]);

    it('is bounded by what the values are, not by the records they were made of', () => {
      const stages = [mapStage('m', ['in'], 'm', large.replaceAll('x0', 'body')), window('w', 'm', 10_000)];
      const { errors } = runOver(stages, [Array(16).fill(1), [2], Array(16).fill(3), [4], [5]]);
      expect(codesOf(errors)).toEqual([[2, 'w', 'result_too_large']]);
    });

    it('is bounded for all windows of a run together', () => {
      const text = 'x'.repeat(15_000_000);
      const stages = ['a', 'b', 'c'].map((id) => window(id, 'in', 3));
      const { errors, stages: counts } = runOver(stages, [text, text, '', '', '']);
      expect(codesOf(errors)).toEqual([[1, 'b', 'result_too_large']]);
      expect(counts.map(({ out }) => out)).toEqual([1, 1, 1]);
    });

    it('counts plain records by their lines, and gives room back once a window is full', () => {
      const text = 'x'.repeat(15_000_000);
      const stages = [window('w', 'in', 4)];
      const { errors, stages: counts } = runOver(stages, Array(8).fill(text));
      expect(errors).toEqual([]);
      expect(counts).toMatchObject([{ in: 8, out: 2 }]);
    });

    it('counts the parts of a record by themselves', () => {
      const stages = [{ id: 's', kind: 'split', from: ['in'], to: 's', items: 'body.l' }, window('w', 's', 1000)];
      const list = Array.from({ length: 1000 }, (_, n) => n);
      const { errors, stages: counts } = runOver(stages, [{ l: list, t: 'x'.repeat(100_000) }]);
      expect(errors).toEqual([]);
      expect(counts).toMatchObject([{ out: 1000 }, { out: 1 }]);
    });

    it('does not hold on to texts that its own were cut out of', () => {
      const stages = [mapStage('m', ['in'], 'm', 'body.substring(0, 100)'), window('w', 'm', 200)];
      const before = heapInUse();
      const run = new PipelineRun(compileSpec(parseSpec(laneGraph(stages))));
      for (let offset = 0; offset < 50; offset += 1) {
        run.process(JournalRecord.of({ offset, at: '2026-01-02T03:04:05.000Z', body: `${offset}${'x'.repeat(4_000_000)}` }));
      }
      expect(heapInUse() - before).toBeLessThan(100_000_000);
      expect(run.stages).toMatchObject([
        { out: 50, errors: 0 },
        { in: 50, out: 0, errors: 0 },
      ]);
    });

    it('passes values on as they are', () => {
      const half = '\ud83d'.repeat(20);
      const line = `{"offset":0,"at":"2026-01-02T03:04:05.000Z","body":{"text":"${'\u2603'.repeat(20)}","half":"${half}","__proto__":"${'p'.repeat(20)}","n":1.5}}`;
      const run = new PipelineRun(
        compileSpec(parseSpec(laneGraph([mapStage('m', ['in'], 'm', '[body]'), window('w', 'm', 1), actionStage('a', ['w'])]))),
      );
      const { actions } = run.process(JournalRecord.parse(line));
      const [[value]] = JSON.parse(actions[0].payload.toString()) as [[object]];
      expect(value).toEqual((JSON.parse(line) as { body: object }).body);
      expect(Object.keys(value)).toContain('__proto__');
    });

    it('takes values as deep as JSON is', () => {
      const deep = JSON.parse(`${'['.repeat(3000)}${']'.repeat(3000)}`) as unknown;
      const { errors, stages: counts } = runOver([window('v', 'in', 1), window('w', 'v', 2)], [deep, deep]);
      expect(errors).toEqual([]);
      expect(counts).toMatchObject([{ out: 2 }, { out: 1 }]);
    });
  });
});
