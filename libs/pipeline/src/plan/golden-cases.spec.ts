import { canonicalSha256, sha256 } from '@reenact/contracts';
import { openBundle } from '../bundle/open-bundle.js';
import { compileSpec } from '../engine/compile-pipeline.js';
import { parseSpec, parseSpecBytes } from '../spec/decode-pipeline.js';
import { chunked } from '../testing/byte-streams.js';
import { GOLDEN_GRAPH } from '../testing/golden-graph.js';
import { GOLDEN_RING, GOLDEN_RING_FIXED } from '../testing/golden-ring.js';
import { type PlanRequest, buildPlan } from './build-plan.js';
import type { PlanAction } from './plan.js';

interface Case {
  bundle: string;
  change?: Partial<PlanRequest>;
  planDigest: string;
  /** Of the canonical actions, those that are not to be performed too. */
  actionsDigest: string;
  /** Actions to perform, already done, with redacted input. */
  counts: [number, number, number];
}

const FIXED = compileSpec(parseSpec(GOLDEN_RING_FIXED));

/** Whoever makes one of these plans, an earlier or a later runner, must come to the same digest, or ENGINE has to change. */
const CASES: Record<string, Case> = {
  'a single ring with a window': {
    bundle: GOLDEN_RING,
    planDigest: 'sha256:7230d755f1f6d5844f3274fb86ed9f99a1fbf7f2ce053b4cb50891c635f59b59',
    actionsDigest: 'sha256:df12cbbbdd6add4efb435fbc4d391405a0444476b8d15f427f8d6c56ca5e8479',
    counts: [4, 2, 0],
  },
  'a single ring, whatever was done': {
    bundle: GOLDEN_RING,
    change: { include: 'all' },
    planDigest: 'sha256:da8e08ef9fd7d6ea329cfd968a4f42c73982dd6a2a15aad75e2a0cb629d3db55',
    actionsDigest: 'sha256:1e1077f1fdfd24505597be6c1cd5c0434517b8770c1eef41611d6cfa57eebc7c',
    counts: [6, 0, 0],
  },
  'a single ring, done again': {
    bundle: GOLDEN_RING,
    change: { again: true, salt: 'rpl_01h455vb4pex5vsknk084sn02q' },
    planDigest: 'sha256:ef0e8f8f9c7953e66425a0d6e3cdb3c57599325d366c5181b629191c34054e30',
    actionsDigest: 'sha256:8a4cb72b53ad82258f9e07b457f2a34d93da1fe7d20935ba5d113840ce281bba',
    counts: [4, 2, 0],
  },
  'a single ring, a part of it': {
    bundle: GOLDEN_RING,
    change: { selection: { fromOffset: 10, toOffset: 80, lastN: 15, where: "body.unit != 'K'" } },
    planDigest: 'sha256:dc2495c04602914918260cdfbe23c098829a991f9bfd02e29d20923444ee2bad',
    actionsDigest: 'sha256:6156464d27d1127283b4d66a91bbf664237d7230daca0874d324f3f5f373c852',
    counts: [1, 2, 0],
  },
  'a single ring by another version': {
    bundle: GOLDEN_RING,
    change: { pipeline: FIXED },
    planDigest: 'sha256:141c425532dd31d8837628f9f8c26ccfe5b005c9ad07e1cbd061b6077526f308',
    actionsDigest: 'sha256:0ad311c917cc7022c0e4e4de51e5d52603f0b237722d9092ebe16d0a61a2eaae',
    counts: [6, 0, 0],
  },
  'a graph with a split, a merge and a window': {
    bundle: GOLDEN_GRAPH,
    planDigest: 'sha256:4496107c9993d53edaebcd720a6315c0aca1f47718740fdc80fde8cab8ef9537',
    actionsDigest: 'sha256:621ed3722be729321f66464668479dacfddb080159e6dbbc1f9f5e2945e63fac',
    counts: [73, 22, 4],
  },
  'a graph, whatever was done, redacted input left out': {
    bundle: GOLDEN_GRAPH,
    change: { include: 'all' },
    planDigest: 'sha256:6c757b69668b9de597d7af128f4bcfc2b9178270bdf7bc75a2a8cd3e2db84569',
    actionsDigest: 'sha256:07a1cfcbf99203e80dda868cccf3fc14da8b0a5b4e8f2f2ad60b2a8ebccd7c3c',
    counts: [89, 0, 10],
  },
  'a graph, a part of it, under a strict posture': {
    bundle: GOLDEN_GRAPH,
    change: { selection: { where: "headers['x-trace'] != 't4' && offset % 3 != 1" }, decide: () => 'require_approval' },
    planDigest: 'sha256:46e9503f269999e48a4c457b8e9e769326bdd587a492e4351e008246f8c5c78c',
    actionsDigest: 'sha256:438478d0f1dd1652c5d4cb0f96ac0f27aa7d4d118c1a87a4d974d955e95ae5d1',
    counts: [58, 16, 4],
  },
};

async function planOf({ bundle: text, change = {} }: Case) {
  const bytes = Buffer.from(text, 'base64');
  const bundle = await openBundle(() => chunked(bytes, [700]));
  const pipeline = compileSpec(parseSpecBytes(await bundle.spec()));
  const actions: PlanAction[] = [];
  const built = await buildPlan({
    artifactSha256: sha256(bytes),
    specHash: pipeline.specHash,
    pipeline,
    recordedPipeline: change.pipeline && pipeline,
    projectId: 'prj_01h455vb4pex5vsknk084sn02q',
    environmentId: bundle.manifest.environmentId,
    streamId: bundle.manifest.journal?.streamId,
    targets: ['archive', 'bus', 'store', 'warehouse'].map((name, index) => ({ id: `tgt_${index}`, name, revision: index + 1 })),
    records: () => bundle.records(),
    outcomes: () => bundle.outcomes(),
    onAction: (action) => void actions.push(action),
    ...change,
  });
  return { ...built, actions };
}

describe('golden bundles', () => {
  it.each(Object.entries(CASES))('%s', async (_name, golden) => {
    const { header, planDigest, actions } = await planOf(golden);
    expect({
      planDigest,
      actionsDigest: canonicalSha256(actions),
      counts: [header.actions, header.alreadyDone, header.inputRedacted ?? 0],
    }).toEqual({ planDigest: golden.planDigest, actionsDigest: golden.actionsDigest, counts: golden.counts });
  });

  it('a single ring by another version, compared with the recorded one', async () => {
    const { recordedVersion } = (await planOf(CASES['a single ring by another version'])).report;
    expect(recordedVersion?.stages.map(({ id, in: read, out, errors }) => [id, read, out, errors])).toEqual([
      ['valid', 30, 24, 0],
      ['celsius', 24, 24, 0],
      ['batch', 24, 6, 0],
      ['store', 6, 6, 0],
    ]);
    expect(recordedVersion?.actions).toEqual({ perform: 4, alreadyDone: 2 });
    expect(recordedVersion?.differences.items.map(({ offset, kind }) => [offset, kind])).toEqual([
      [37, 'added'],
      [43, 'missing'],
      [52, 'added'],
      [55, 'missing'],
      [67, 'added'],
      [73, 'missing'],
      [79, 'added'],
      [88, 'missing'],
    ]);
  });
});
