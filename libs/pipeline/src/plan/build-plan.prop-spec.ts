import fc from 'fast-check';
import { sha256 } from '@reenact/contracts';
import { openBundle } from '../bundle/open-bundle.js';
import { compileSpec } from '../engine/compile-pipeline.js';
import { chunked } from '../testing/byte-streams.js';
import { GOLDEN_PIPELINE, goldenJournal, goldenOutcomes } from '../testing/golden-pipeline.js';
import { sampleBundle } from '../testing/sample-bundle.js';
import { type PlanRequest, buildPlan } from './build-plan.js';
import type { PlanAction } from './plan.js';

const TARGETS = ['archive', 'bus', 'warehouse'].map((name, index) => ({ id: `tgt_${index}`, name, revision: index }));

async function planOf(bytes: Buffer, sizes: number[], change: Partial<PlanRequest> = {}) {
  const bundle = await openBundle(() => chunked(bytes, sizes));
  const actions: PlanAction[] = [];
  const built = await buildPlan({
    artifactSha256: sha256('artifact'),
    specHash: bundle.manifest.specHash as PlanRequest['specHash'],
    pipeline: compileSpec(GOLDEN_PIPELINE),
    projectId: 'prj_1',
    environmentId: 'env_1',
    targets: TARGETS,
    records: () => bundle.records(),
    outcomes: () => bundle.outcomes(),
    onAction: (action) => void actions.push(action),
    ...change,
  });
  return { ...built, actions };
}

const sizes = fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 });
const selection = fc.record(
  {
    fromOffset: fc.nat(60),
    toOffset: fc.nat(90),
    lastN: fc.integer({ min: 1, max: 40 }),
    where: fc.constantFrom('offset % 4 == 0', "body.state == 'paid'", 'body.total > 20'),
  },
  { requiredKeys: [] },
);

describe('build-plan', () => {
  let bytes: Buffer;
  beforeAll(async () => {
    const sample = { spec: GOLDEN_PIPELINE, journal: goldenJournal(40), outcomes: goldenOutcomes(40) };
    ({ bytes } = await sampleBundle(sample));
  });

  it('is the same plan whenever and however the bundle is read', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, selection, fc.constantFrom('undone' as const, 'all' as const), async (cut, chosen, include) => {
        const whole = await planOf(bytes, [1e6], { selection: chosen, include });
        const again = await planOf(bytes, cut, { selection: chosen, include });
        expect(again).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('is ordered by offset, stage and n; its header counts it', async () => {
    const stages = GOLDEN_PIPELINE.stages.map(({ id }) => id);
    await fc.assert(
      fc.asyncProperty(selection, async (chosen) => {
        const { actions, header, report } = await planOf(bytes, [1e6], { selection: chosen });
        const order = actions.map(({ offset, stage, n }) => [offset, stages.indexOf(stage), n]);
        const sorted = [...order].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
        expect(order).toEqual(sorted);
        expect(new Set(actions.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(actions.length);
        expect(header.actions + header.alreadyDone).toBe(actions.length);
        expect(report.actions).toMatchObject({ notStarted: header.actions, alreadyDone: header.alreadyDone });
      }),
      { numRuns: 60 },
    );
  });

  it('plans for a part of the records what the plan for all has for them', async () => {
    const all = (await planOf(bytes, [1e6])).actions;
    await fc.assert(
      fc.asyncProperty(selection, async (chosen) => {
        const part = (await planOf(bytes, [1e6], { selection: chosen })).actions;
        const unnumbered = ({ index: _index, ...action }: PlanAction) => action;
        const offsets = new Set(part.map(({ offset }) => offset));
        expect(part.map(unnumbered)).toEqual(all.filter(({ offset }) => offsets.has(offset)).map(unnumbered));
      }),
      { numRuns: 60 },
    );
  });

  it('has another digest as soon as anything about it is another', async () => {
    const base = await planOf(bytes, [1e6]);
    const changes: Partial<PlanRequest>[] = [
      { artifactSha256: sha256('other') },
      { specHash: sha256('other') },
      { projectId: 'prj_2' },
      { environmentId: 'env_2' },
      { streamId: 'other' },
      { selection: { toOffset: 1000 } },
      { include: 'all' },
      { again: true, salt: 'a' },
      { again: true, salt: 'b' },
      { targets: TARGETS.map((target) => ({ ...target, revision: target.revision + 1 })) },
      { outcomes: () => (async function* () {})() },
      { decide: () => 'require_approval' },
      { pipeline: compileSpec({ ...GOLDEN_PIPELINE, name: 'renamed' }) },
    ];
    const digests = await Promise.all(changes.map(async (change) => (await planOf(bytes, [1e6], change)).planDigest));
    expect(new Set([base.planDigest, ...digests]).size).toBe(changes.length + 1);
  });
});
