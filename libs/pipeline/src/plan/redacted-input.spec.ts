import { sha256 } from '@reenact/contracts';
import { compileSpec } from '../engine/compile-pipeline.js';
import { JournalRecord, encodeJournalEntry } from '../journal/journal-record.js';
import type { Outcome } from '../journal/outcome.js';
import { parseSpec } from '../spec/decode-pipeline.js';
import { actionStage, laneGraph, mapStage } from '../testing/sample-specs.js';
import { buildPlan } from './build-plan.js';
import { type PlanAction, plannedActions } from './plan.js';

const TOKEN = `rdx1_${'aB3-_'.repeat(8)}xyz`;
const AT = '2026-01-02T03:04:05.000Z';

async function plan(
  bodies: unknown[],
  action: Record<string, unknown> = {},
  outcomes: Outcome[] = [],
  include?: 'all',
  stages: unknown[] = [actionStage('act', ['in'], { headers: ['x-token'], ...action })],
) {
  const spec = parseSpec(JSON.parse(JSON.stringify(laneGraph(stages))));
  const actions: PlanAction[] = [];
  const built = await buildPlan({
    artifactSha256: sha256('artifact'),
    specHash: sha256('spec'),
    pipeline: compileSpec(spec),
    projectId: 'prj_1',
    environmentId: 'env_1',
    targets: [{ id: 'tgt_1', name: 'web', revision: 1 }],
    ...(include && { include }),
    records: async function* () {
      for (const [offset, body] of bodies.entries()) {
        const { headers = {}, bodyBase64, ...rest } = body as { headers?: Record<string, string>; bodyBase64?: string };
        yield JournalRecord.parse(encodeJournalEntry({ offset, at: AT, headers, body: rest, bodyBase64 }));
      }
    },
    outcomes: async function* () {
      yield* outcomes;
    },
    onAction: (planned) => void actions.push(planned),
  });
  return { ...built, actions, dispositions: actions.map(({ disposition }) => disposition) };
}

describe('redacted input', () => {
  it('is not performed, but listed and counted, and nothing it alone needs is pinned', async () => {
    const { header, report, dispositions } = await plan([{ card: { $redacted: TOKEN } }, { note: `call ${TOKEN}x now` }]);
    expect(dispositions).toEqual(['input_redacted', 'input_redacted']);
    expect(header).toMatchObject({ actions: 0, alreadyDone: 0, inputRedacted: 2, targets: [], capabilities: [] });
    expect(report.actions).toEqual({ done: 0, failed: 0, alreadyDone: 0, notStarted: 0, inputRedacted: 2 });
    expect(plannedActions(header)).toBe(2);
  });

  it('is found in path, headers and subject, and in the other case', async () => {
    const token = { path: "'/x/' + body.t", body: "'none'" };
    expect((await plan([{ t: TOKEN }, { t: 'plain' }], token)).dispositions).toEqual(['input_redacted', 'perform']);
    expect((await plan([{ headers: { 'X-Token': TOKEN } }])).dispositions).toEqual(['input_redacted']);
    const subject = {
      kind: 'nats',
      target: 'web',
      subject: "'a.' + body.t",
      body: "'none'",
      path: undefined,
      headers: undefined,
    };
    expect((await plan([{ t: TOKEN }], subject)).dispositions).toEqual(['input_redacted']);
    expect((await plan([{ t: TOKEN }], { body: 'body.t.upperAscii()' })).dispositions).toEqual(['input_redacted']);
  });

  it.each([
    ['a part', 'body.t.substring(9, 17)'],
    ['one character', 'body.t.substring(20, 21)'],
    ['what is around a cut', "body.t.split('B').join(' ')"],
    ['its bytes', 'bytes(body.t)'],
    ['an encoding', 'bytes(body.t).base64()'],
    ['its hexadecimal form', 'bytes(body.t).hex()'],
    ['a part in the other case', 'body.t.substring(9, 15).lowerAscii()'],
    ['a branch on what it holds', "body.t.contains('aB3') ? 'a' : 'b'"],
  ])('is found as %s', async (_what, body) => {
    expect((await plan([{ t: TOKEN }, { t: 'plain text that is long enough, aB3' }], { body })).dispositions).toEqual([
      'input_redacted',
      'perform',
    ]);
  });

  it('is found in the bytes of a body that is no JSON', async () => {
    const text = { bodyBase64: Buffer.from(`call ${TOKEN}, please`).toString('base64') };
    expect((await plan([text, { n: 1 }], { body: 'raw' })).dispositions).toEqual(['input_redacted', 'perform']);
    expect((await plan([text], { body: 'string(body).substring(8, 20)' })).dispositions).toEqual(['input_redacted']);
  });

  it('is found in a window that another record completes, and in no other one', async () => {
    const stages = [
      { id: 'w', kind: 'window', from: ['in'], to: 'w', count: 2 },
      mapStage('m', ['w'], 'm', 'value.map(v, v.t.substring(6, 10))'),
      actionStage('act', ['m']),
    ];
    const records = [
      { t: 'none of it' },
      { t: 'none of it' },
      { t: TOKEN },
      { t: 'none of it' },
      { t: 'none of it' },
      { t: 'none of it' },
    ];
    expect((await plan(records, {}, [], undefined, stages)).dispositions).toEqual(['perform', 'input_redacted', 'perform']);
  });

  it('tells nothing by what every token shares', async () => {
    const bodies = [
      "body.t.startsWith('rdx1_') ? 'hidden' : body.t",
      'body.t.size()',
      'body.t == body.u',
      "has(body.t) ? 'given' : 'not'",
    ];
    for (const body of bodies) expect((await plan([{ t: TOKEN, u: TOKEN }], { body })).dispositions).toEqual(['perform']);
  });

  it('does not matter where the value is not used, or where the action was done', async () => {
    const { header, dispositions } = await plan([{ card: { $redacted: TOKEN }, n: 1 }], { body: 'body.n' });
    expect(dispositions).toEqual(['perform']);
    expect(header).not.toHaveProperty('inputRedacted');
    const done: Outcome[] = [{ offset: 0, stage: 'act', n: 0, status: 'ok' }];
    expect((await plan([{ t: TOKEN }], {}, done)).dispositions).toEqual(['already_done']);
    expect((await plan([{ t: TOKEN }], {}, done, 'all')).dispositions).toEqual(['input_redacted']);
  });

  it('is no divergence: what was sent held the value, and its digest tells nothing', async () => {
    const sent: Outcome[] = [{ offset: 0, stage: 'act', n: 0, status: 'error', payloadSha256: sha256('the value') }];
    expect((await plan([{ t: TOKEN }], {}, sent)).report.divergences).toMatchObject({ compared: 1, count: 0 });
  });
});
