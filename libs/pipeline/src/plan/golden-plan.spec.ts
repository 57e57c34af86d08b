import { canonicalSha256, sha256 } from '@reenact/contracts';
import { inspectBundle } from '../bundle/inspect-bundle.js';
import { openBundle } from '../bundle/open-bundle.js';
import { compileSpec } from '../engine/compile-pipeline.js';
import { parseSpecBytes } from '../spec/decode-pipeline.js';
import { chunked } from '../testing/byte-streams.js';
import { GOLDEN_BUNDLE } from '../testing/golden-bundle.js';
import { type PlanRequest, buildPlan } from './build-plan.js';
import type { PlanAction } from './plan.js';

const BYTES = Buffer.from(GOLDEN_BUNDLE, 'base64');

async function goldenPlan(change: Partial<PlanRequest> = {}) {
  const bundle = await openBundle(() => chunked(BYTES));
  const pipeline = compileSpec(parseSpecBytes(await bundle.spec()));
  const actions: PlanAction[] = [];
  const built = await buildPlan({
    artifactSha256: sha256(BYTES),
    specHash: pipeline.specHash,
    pipeline,
    projectId: 'prj_01h455vb4pex5vsknk084sn02q',
    environmentId: bundle.manifest.environmentId,
    targets: ['archive', 'bus', 'warehouse'].map((name, index) => ({ id: `tgt_${index}`, name, revision: index + 1 })),
    records: () => bundle.records(),
    outcomes: () => bundle.outcomes(),
    onAction: (action) => void actions.push(action),
    ...change,
  });
  return { ...built, actions };
}

/** These values are what approvals in the field name: when one changes, ENGINE has to change. */
describe('golden bundle', () => {
  it('is read as it was when it was captured', async () => {
    const facts = await inspectBundle(chunked(BYTES));
    expect(facts).toMatchObject({
      replayable: { ok: true },
      journal: { records: 40 },
      manifest: { specHash: 'sha256:255b92afd247112e20bb153ce520d52cedee777e927639779eadbc102ccbc437' },
    });
  });

  it('gives the plan it gave when it was captured', async () => {
    const { header, planDigest, actions, report } = await goldenPlan();
    expect({ planDigest, actionsRoot: header.actionsRoot, actions: header.actions, alreadyDone: header.alreadyDone }).toEqual({
      planDigest: 'sha256:f18f504c8f4b6eaf70efe2e8f5c5e356c984bb4a9202d79df817a8b3b6167eb1',
      actionsRoot: 'sha256:a53cf2ba07e116a06b12c8d316a607d02339936fb443bf9e57bb09a711999d73',
      actions: 27,
      alreadyDone: 9,
    });
    expect(canonicalSha256(actions)).toBe('sha256:68fcd1ceb080a71f8e1567add6c10bce5defe48d4d338ee47434f9e1517e5818');
    expect(report.stages.map(({ id, in: read, out, errors }) => [id, read, out, errors])).toEqual([
      ['paid', 40, 8, 0],
      ['open', 40, 18, 6],
      ['lines', 8, 3, 0],
      ['line', 3, 3, 0],
      ['batch', 21, 7, 0],
      ['ship', 3, 3, 0],
      ['audit', 25, 25, 0],
      ['copy', 8, 8, 0],
    ]);
  });

  it('gives the part of it that is selected', async () => {
    const { planDigest } = await goldenPlan({
      selection: { fromOffset: 10, lastN: 12, where: "body.state != 'lost'" },
      include: 'all',
    });
    expect(planDigest).toBe('sha256:8f0147ae67297a3feedb6c2e20616c385dff8c90b6b06885351da0705ef2529a');
  });
});
