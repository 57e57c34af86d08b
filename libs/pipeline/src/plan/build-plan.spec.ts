import { canonicalJson, canonicalSha256, sha256 } from '@reenact/contracts';
import { RootBuilder } from '@reenact/transparency-log';
import { compileSpec } from '../engine/compile-pipeline.js';
import { type JournalEntry, JournalRecord } from '../journal/journal-record.js';
import type { Outcome } from '../journal/outcome.js';
import { parseSpec } from '../spec/decode-pipeline.js';
import { specHash } from '../spec/spec-hash.js';
import { journalOf } from '../testing/sample-bundle.js';
import { ISSUE_TRIAGE, actionStage, laneGraph } from '../testing/sample-specs.js';
import { type PlanRequest, buildPlan } from './build-plan.js';
import { idempotencyKey } from './idempotency-key.js';
import type { RecordedVersionReport } from '../report/report.js';
import type { PlanAction } from './plan.js';

const TARGETS = [
  { id: 'tgt_2', name: 'web', revision: 3 },
  { id: 'tgt_1', name: 'triage', revision: 1 },
  { id: 'tgt_0', name: 'unused', revision: 9 },
];

async function* iterate<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list;
}

async function plan(entries: readonly JournalEntry[], change: Partial<PlanRequest> = {}, outcomes: readonly Outcome[] = []) {
  const records = entries.map((entry) => JournalRecord.of(entry));
  const actions: PlanAction[] = [];
  const payloads: Buffer[] = [];
  const built = await buildPlan({
    artifactSha256: sha256('artifact'),
    specHash: specHash(ISSUE_TRIAGE),
    pipeline: compileSpec(ISSUE_TRIAGE),
    projectId: 'prj_1',
    environmentId: 'env_1',
    targets: TARGETS,
    records: () => iterate(records),
    outcomes: () => iterate(outcomes),
    onAction: (action, payload) => {
      actions.push(action);
      payloads.push(payload);
    },
    ...change,
  });
  return { ...built, actions, payloads };
}

const ok = (offset: number, change: Partial<Outcome> = {}): Outcome => ({
  offset,
  stage: 'notify',
  n: 0,
  status: 'ok',
  ...change,
});
const offsetsOf = (actions: readonly PlanAction[], disposition = 'perform') =>
  actions.filter((action) => action.disposition === disposition).map(({ offset }) => offset);

describe('build-plan', () => {
  it('lists every action; what had succeeded is not to be done again', async () => {
    const outcomes = [ok(1), ok(2, { status: 'error', error: 'HTTP 503' }), ok(4), ok(5, { status: 'skipped' })];
    const { header, actions, payloads, report } = await plan(journalOf(9), {}, outcomes);
    expect(offsetsOf(actions)).toEqual([2, 5, 7, 8]);
    expect(offsetsOf(actions, 'already_done')).toEqual([1, 4]);
    expect(actions.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    actions.forEach((action, index) => {
      expect(action).toMatchObject({
        payloadSha256: sha256(payloads[index]),
        payloadSize: payloads[index].length,
        decision: 'allow',
      });
    });
    expect(header).toEqual({
      v: 1,
      engine: 1,
      artifactSha256: sha256('artifact'),
      specHash: specHash(ISSUE_TRIAGE),
      runSpecHash: specHash(ISSUE_TRIAGE),
      environmentId: 'env_1',
      selection: { fromOffset: null, toOffset: null, lastN: null, where: null },
      include: 'undone',
      again: false,
      targets: [{ id: 'tgt_1', name: 'triage', revision: 1 }],
      capabilities: ['http:triage'],
      records: 9,
      actions: 4,
      alreadyDone: 2,
      actionsRoot: header.actionsRoot,
    });
    expect(report.actions).toEqual({ done: 0, failed: 0, alreadyDone: 2, notStarted: 4 });
  });

  it('has the digest and the root that the contract says', async () => {
    const { header, planDigest, actions } = await plan(journalOf(9), {}, [ok(1)]);
    const root = new RootBuilder();
    for (const action of actions.filter(({ disposition }) => disposition === 'perform'))
      root.append(Buffer.from(canonicalJson(action)));
    expect(header.actionsRoot).toBe(`sha256:${root.root().toString('hex')}`);
    expect(planDigest).toBe(canonicalSha256(header));
    expect(actions[2].idempotencyKey).toBe(
      idempotencyKey({
        projectId: 'prj_1',
        pipeline: 'issue-triage',
        streamId: sha256('artifact'),
        offset: 4,
        stage: 'notify',
        n: 0,
      }),
    );
  });

  it('includes all on request', async () => {
    const { actions, header } = await plan(journalOf(6), { include: 'all' }, [ok(1), ok(2)]);
    expect(offsetsOf(actions)).toEqual([1, 2, 4, 5]);
    expect(header).toMatchObject({ include: 'all', alreadyDone: 0 });
  });

  it('names effects anew only with again', async () => {
    const first = await plan(journalOf(4));
    const other = await plan(journalOf(4), { artifactSha256: sha256('another bundle'), streamId: sha256('artifact') });
    const again = await plan(journalOf(4), { again: true, salt: 'rpl_1' });
    const keys = (built: { actions: PlanAction[] }) => built.actions.map((action) => action.idempotencyKey);
    expect(keys(other)).toEqual(keys(first));
    expect(keys(again)).not.toEqual(keys(first));
    expect(again.header.again).toBe(true);
    expect((await plan(journalOf(4), { again: true, salt: 'rpl_1' })).planDigest).toBe(again.planDigest);
    await expect(plan(journalOf(4), { again: true })).rejects.toThrow(TypeError);
  });

  it.each<[PlanRequest['selection'], number[]]>([
    [{ fromOffset: 4 }, [4, 5, 7, 8]],
    [{ toOffset: 4 }, [1, 2, 4]],
    [{ fromOffset: 2, toOffset: 2 }, [2]],
    [{ lastN: 2 }, [7, 8]],
    [{ lastN: 100 }, [1, 2, 4, 5, 7, 8]],
    [{ where: 'body.issue.number > 4' }, [5, 7, 8]],
    [{ where: "key == 'repo-1'", toOffset: 7, lastN: 2 }, [4, 7]],
    [{ where: 'body.missing == 1' }, []],
    [{ where: "'text'" }, []],
  ])('selects %j', async (selection, offsets) => {
    const { actions, header, report } = await plan(journalOf(9), { selection });
    expect(offsetsOf(actions)).toEqual(offsets);
    expect(header.selection).toEqual({ fromOffset: null, toOffset: null, lastN: null, where: null, ...selection });
    expect(report.input).toMatchObject({ scanned: 9, selected: header.records });
  });

  it.each<[object, number, number]>([
    [{ where: 'body.missing == 1' }, 9, 0],
    [{ where: 'body.missing == 1', lastN: 2 }, 9, 0],
    [{ where: "'text'", fromOffset: 4, toOffset: 6 }, 3, 4],
    [{ where: "offset < 3 ? true : body.missing == ''", lastN: 1 }, 6, 3],
  ])('says on how many records the condition of %j failed', async (selection, count, offset) => {
    const { report } = await plan(journalOf(9), { selection });
    const code = 'where' in selection && selection.where === "'text'" ? 'result_type' : 'expression_failed';
    expect(report.input.conditionErrors).toEqual({ count, first: { offset, code, message: expect.any(String) as string } });
  });

  it('has no errors of a condition that failed on no record', async () => {
    const { report } = await plan(journalOf(9), { selection: { where: 'offset > 3', lastN: 1 } });
    expect(report.input).not.toHaveProperty('conditionErrors');
  });

  it('fills windows with every record, selected or not', async () => {
    const spec = parseSpec(laneGraph([{ id: 'w', kind: 'window', from: ['in'], to: 'w', count: 3 }, actionStage('a', ['w'])]));
    const pipeline = compileSpec(spec);
    const all = await plan(journalOf(9), { pipeline });
    const some = await plan(journalOf(9), { pipeline, selection: { fromOffset: 4, toOffset: 7 } });
    expect(offsetsOf(all.actions)).toEqual([2, 5, 8]);
    expect(offsetsOf(some.actions)).toEqual([5]);
    expect(some.actions[0].payloadSha256).toBe(all.actions[1].payloadSha256);
    expect(some.actions[0].idempotencyKey).toBe(all.actions[1].idempotencyKey);
    expect(some.report.stages[0]).toMatchObject({ in: 4, out: 1 });
  });

  it('takes outcomes in any order', async () => {
    const outcomes = [ok(1), ok(2), ok(4), ok(7)];
    const sorted = await plan(journalOf(9), {}, outcomes);
    const shuffled = await plan(journalOf(9), {}, [outcomes[3], outcomes[0], outcomes[2], outcomes[1]]);
    expect(shuffled.planDigest).toBe(sorted.planDigest);
    expect(shuffled.report).toEqual(sorted.report);
  });

  it('believes that what was ok once is done', async () => {
    const { actions } = await plan(journalOf(3), {}, [ok(1, { status: 'error' }), ok(1), ok(2), ok(2, { status: 'error' })]);
    expect(offsetsOf(actions, 'already_done')).toEqual([1, 2]);
  });

  it('does not know what was done under another stage or number', async () => {
    const { actions } = await plan(journalOf(3), {}, [ok(1, { n: 1 }), ok(2, { stage: 'other' })]);
    expect(offsetsOf(actions)).toEqual([1, 2]);
  });

  it('asks for a decision per capability', async () => {
    const { actions } = await plan(journalOf(3), {
      decide: (capability) => (capability === 'http:triage' ? 'require_approval' : 'deny'),
    });
    expect(actions.map(({ decision }) => decision)).toEqual(['require_approval', 'require_approval']);
  });

  it('refuses an action on a target that the environment lacks', async () => {
    await expect(plan(journalOf(3), { targets: [] })).rejects.toMatchObject({
      code: 'target_unknown',
      options: { members: { target: 'triage' } },
    });
    const otherKind = [{ id: 'tgt_1', name: 'triage', revision: 1, kind: 'nats' as const }];
    await expect(plan(journalOf(3), { targets: otherKind })).rejects.toMatchObject({
      code: 'target_unknown',
      message: expect.stringContaining('by http, which is a target of nats'),
    });
    const known = await plan(journalOf(3), { targets: [{ ...otherKind[0], kind: 'http' }] });
    expect(known.header.targets).toEqual([{ id: 'tgt_1', name: 'triage', revision: 1 }]);
    const nothing = await plan(journalOf(1), { targets: [] });
    expect(nothing.header).toMatchObject({ targets: [], capabilities: [], actions: 0 });
  });

  it.each([
    ['maxActions', { maxActions: 3, maxPayloadBytes: 1e9 }],
    ['maxPayloadBytes', { maxActions: 1e6, maxPayloadBytes: 60 }],
  ])('stops at %s', async (limit, limits) => {
    await expect(plan(journalOf(9), { limits })).rejects.toMatchObject({
      code: 'plan_too_large',
      options: { members: { limit } },
    });
  });

  it('waits for each action to be taken', async () => {
    let open = 0;
    await plan(journalOf(9), {
      onAction: async () => {
        open += 1;
        expect(open).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
      },
    });
  });

  it('stops when asked to', async () => {
    const stop = new AbortController();
    const stopped = plan(journalOf(9), { signal: stop.signal, onAction: () => stop.abort(new Error('withdrawn')) });
    await expect(stopped).rejects.toThrow('withdrawn');
  });

  it('lets others have their turn after each record, of the pass that counts them too', async () => {
    const turns: string[] = [];
    const others = () => new Promise<void>((resolve) => setImmediate(() => resolve(void turns.push('others'))));
    let records = 0;
    const breathe = () => {
      records += 1;
      return records % 3 === 0 ? others() : undefined;
    };
    const progress = (at: { records: number }) => void turns.push(`record ${at.records}`);
    await plan(journalOf(5), { selection: { lastN: 2 }, breathe, onProgress: progress });
    expect(records).toBe(10);
    expect(turns).toEqual(['others', 'record 1', 'others', 'record 2', 'record 3', 'record 4', 'others', 'record 5']);
  });

  it('stops while it counts the records, too', async () => {
    const stop = new AbortController();
    const breathe = () => {
      stop.abort(new Error('withdrawn'));
      return undefined;
    };
    const progress = jest.fn();
    const stopped = plan(journalOf(9), {
      selection: { lastN: 2 },
      signal: stop.signal,
      breathe,
      onProgress: progress,
    });
    await expect(stopped).rejects.toThrow('withdrawn');
    expect(progress).not.toHaveBeenCalled();
  });

  it('counts gaps in the journal', async () => {
    const gappy = journalOf(9).filter(({ offset }) => ![3, 4, 7].includes(offset));
    expect((await plan(gappy)).report.input).toMatchObject({ scanned: 6, selected: 6, offsetGaps: 2, digestOk: true });
  });
});

describe('recorded version', () => {
  const fixed = (stages: unknown[]) => compileSpec(parseSpec({ ...laneGraph(stages), name: 'issue-triage', input: 'webhooks' }));
  const [opened, ticket, notify] = ISSUE_TRIAGE.stages as unknown as Record<string, unknown>[];
  const recordedPipeline = compileSpec(ISSUE_TRIAGE);

  it('is not there where only one version runs', async () => {
    expect((await plan(journalOf(3))).report).not.toHaveProperty('recordedVersion');
  });

  it('is no part of the plan', async () => {
    const pipeline = fixed([{ ...opened, when: "body.action != 'closed'" }, ticket, notify]);
    const alone = await plan(journalOf(9), { pipeline });
    const beside = await plan(journalOf(9), { pipeline, recordedPipeline });
    expect(beside.planDigest).toBe(alone.planDigest);
    expect(beside.actions).toEqual(alone.actions);
  });

  it('says what it would have done, and where it is not what was recorded', async () => {
    const pipeline = fixed([{ ...opened, when: 'false' }, ticket, notify]);
    const outcomes = [ok(1), ok(2, { status: 'error' }), ok(4, { payloadSha256: sha256('x') })];
    const { report } = await plan(journalOf(9), { pipeline, recordedPipeline }, outcomes);
    const alone = (await plan(journalOf(9), {}, outcomes)).report;
    expect(report.recordedVersion).toMatchObject({
      specHash: recordedPipeline.specHash,
      stages: alone.stages,
      actions: { perform: 4, alreadyDone: 2 },
      // Its actions are in no plan where they could be read.
      divergences: JSON.parse(JSON.stringify(alone.divergences).replaceAll(/ Of the recorded one[^"]*/g, '')) as object,
    });
    expect(report.stages).not.toEqual(alone.stages);
    expect(report.divergences.items.map(({ kind }) => kind)).toEqual(['missing', 'missing', 'missing']);
  });

  it('differs by what it acts on, where, with what', async () => {
    const pipeline = fixed([
      { ...opened, when: "body.action == 'opened' && offset != 1" },
      { ...ticket, value: { title: "body.issue.title + (offset == 2 ? '!' : '')" } },
      {
        ...notify,
        action: {
          ...(notify.action as object),
          path: "offset == 4 ? '/others' : '/tickets'",
          headers: ['x-github-event', 'x-secret'],
        },
      },
      { ...notify, id: 'also' },
    ]);
    const journal = journalOf(6).map((entry) =>
      entry.offset < 5 ? { ...entry, headers: { 'X-GitHub-Event': 'issues' } } : entry,
    );
    const { differences } = (await plan(journal, { pipeline, recordedPipeline, selection: { toOffset: 5 } })).report
      .recordedVersion as RecordedVersionReport;
    const rows = differences.items.map(({ offset, stage, kind, recorded, ran }) => [offset, stage, kind, recorded, ran]);
    const shaOf = (title: string) => sha256(canonicalJson({ title }));
    const also = (offset: number) => [offset, 'also', 'added', null, shaOf(`Issue ${offset} \u2603${offset === 2 ? '!' : ''}`)];
    expect(rows).toEqual([
      [1, 'notify', 'missing', shaOf('Issue 1 \u2603'), null],
      [2, 'notify', 'payload', shaOf('Issue 2 \u2603'), shaOf('Issue 2 \u2603!')],
      also(2),
      [4, 'notify', 'address', 'POST /tickets', 'POST /others'],
      also(4),
      [5, 'notify', 'headers', 'content-type, x-github-event', 'content-type, x-github-event, x-secret'],
      also(5),
    ]);
    expect(differences).toMatchObject({ compared: 7, count: 7, first: differences.items[0] });
    expect(differences.items.map(({ field }) => field).filter(Boolean)).toEqual([{ pointer: '/title', kind: 'value' }]);
    expect(differences.items[1].explanation).toMatch(
      /in the version that ran\. The first difference: \/title has another value\.$/,
    );
    expect(JSON.stringify(differences)).not.toContain('Issue');
    expect(differences.first?.explanation).toBe(
      'At record 1, stage notify, action 0 the recorded version acts on http:triage, and the version that ran does not.',
    );
  });

  it('keeps its own windows, and no more than a hundred differences', async () => {
    const windowed = (count: number) =>
      fixed([{ id: 'w', kind: 'window', from: ['webhooks'], to: 'w', count }, actionStage('a', ['w'])]);
    const change = { pipeline: windowed(2), recordedPipeline: windowed(3), selection: { fromOffset: 300 } };
    const { recordedVersion } = (await plan(journalOf(900), change)).report;
    expect(recordedVersion?.actions).toEqual({ perform: 200, alreadyDone: 0 });
    expect(recordedVersion?.differences).toMatchObject({ count: 400 });
    expect(recordedVersion?.differences.items).toHaveLength(100);
  });
});

describe('divergences', () => {
  const shaOf = (offset: number) => sha256(canonicalJson({ title: `Issue ${offset} \u2603` }));

  it('are none when the replay gives what was recorded', async () => {
    const outcomes = [1, 2, 4].map((offset) => ok(offset, { payloadSha256: shaOf(offset), status: offset > 1 ? 'error' : 'ok' }));
    const { report } = await plan(journalOf(9), {}, outcomes);
    expect(report.divergences).toEqual({ compared: 3, count: 0, first: null, items: [] });
  });

  it('are named, the first one in words', async () => {
    const outcomes = [
      ok(1, { payloadSha256: sha256('x') }),
      // 2 is not recorded.
      ok(3, { status: 'error' }),
      ok(4, { status: 'skipped' }),
      ok(5, { stage: 'gone' }),
      ok(5),
      ok(6, { status: 'skipped' }),
    ];
    const { divergences } = (await plan(journalOf(9), {}, outcomes)).report;
    expect(divergences.items.map(({ offset, stage, kind }) => [offset, stage, kind])).toEqual([
      [1, 'notify', 'payload'],
      [2, 'notify', 'unexpected'],
      [3, 'notify', 'missing'],
      [4, 'notify', 'status'],
      [5, 'gone', 'missing'],
    ]);
    expect(divergences).toMatchObject({ count: 5, compared: 6 });
    expect(divergences.first).toMatchObject({ expected: sha256('x'), actual: shaOf(1) });
    expect(divergences.first?.explanation).toMatch(
      /record 1, stage notify.*recorded payload.*can be read under plan\/0\/payload\.$/,
    );
  });

  it('are counted all, and listed a hundred', async () => {
    const outcomes = Array.from({ length: 300 }, (_, offset) => ok(offset, { stage: 'gone' }));
    const { divergences } = (await plan(journalOf(300), { selection: { where: 'offset % 3 == 0' } }, outcomes)).report;
    expect(divergences.count).toBe(100);
    const all = (await plan(journalOf(300), {}, outcomes)).report.divergences;
    expect(all.count).toBe(300 + 200);
    expect(all.items).toHaveLength(100);
  });

  it('leave out outcomes of stages that do not act', async () => {
    const { divergences } = (await plan(journalOf(2), {}, [ok(0, { stage: 'opened', status: 'error' }), ok(1)])).report;
    expect(divergences.count).toBe(0);
  });
});
