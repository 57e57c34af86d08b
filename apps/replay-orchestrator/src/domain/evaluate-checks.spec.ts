import type { Approval, PipelineVersion, Posture, RejectionCode } from '@reenact/contracts';
import { defaultPosture } from '@reenact/posture';
import { evaluateChecks } from './evaluate-checks.js';
import { EARLY, sampleDispatch, sampleReplay } from './replay.fixture.js';
import type { Readings } from './readings.js';
import type { ReplayRecord } from './replay.js';
import { checksPassed, READ_CHECKS } from './replay-checks.js';

const replay = sampleReplay();
const pins = sampleDispatch.targets;
const version: PipelineVersion = {
  id: sampleDispatch.runVersionId,
  pipeline: 'issue-triage',
  orgId: replay.orgId,
  projectId: replay.projectId,
  specHash: sampleDispatch.specHash,
  spec: {
    apiVersion: 'reenact.dev/v1',
    kind: 'Pipeline',
    name: 'issue-triage',
    model: 'single_ring',
    input: 'webhooks',
    stages: [
      { id: 'notify', kind: 'action', from: ['webhooks'], action: { kind: 'http', target: 'triage', path: "'/tickets'" } },
    ],
  },
  state: 'active',
  createdAt: EARLY,
};
const approval = { id: replay.approvalId, state: 'approved', postureRevision: 1, decisions: [] } as unknown as Approval;

interface Change {
  replay?: Partial<ReplayRecord>;
  readings?: Partial<Readings>;
  facts?: Partial<Readings['facts']>;
  posture?: Partial<Posture>;
  dryRun?: object;
}

function judge({ replay: ofReplay, readings, facts, posture, dryRun }: Change = {}) {
  const header = {
    v: 1 as const,
    engine: 1 as const,
    artifactSha256: replay.artifact.sha256,
    specHash: version.specHash,
    runSpecHash: version.specHash,
    environmentId: replay.environmentId,
    selection: {},
    include: 'undone' as const,
    again: false,
    targets: pins,
    capabilities: ['http:triage'],
    records: 10,
    actions: 4,
    alreadyDone: 0,
    actionsRoot: version.specHash,
  };
  return evaluateChecks(sampleReplay(ofReplay), {
    at: EARLY,
    facts: {
      environment: { id: replay.environmentId, tier: 'prod', state: 'active' } as never,
      agentState: 'active',
      posture: {
        environmentId: replay.environmentId,
        revision: 1,
        posture: { ...defaultPosture('prod'), ...posture },
        changedAt: EARLY,
      },
      recordedVersion: version,
      otherVersion: null,
      targets: pins,
      ...facts,
    },
    dryRun: {
      replayId: replay.dryRunId as string,
      orgId: replay.orgId,
      projectId: replay.projectId,
      environmentId: replay.environmentId,
      artifactId: replay.artifactId,
      artifactSha256: replay.artifact.sha256,
      state: 'succeeded',
      planDigest: sampleDispatch.planDigest,
      header,
      decisions: { 'http:triage': 'require_approval' },
      endedAt: '2026-11-23T11:59:00.000Z',
      ...dryRun,
    },
    approval: { approval, codes: [] },
    ...readings,
  });
}

const prod = defaultPosture('prod').replay;

describe('evaluate-checks', () => {
  it('evaluate-checks - passes an execute whose plan was dry-run and approved', () => {
    const { checks, codes, dispatch } = judge();
    expect(codes).toEqual([]);
    expect(checksPassed(checks)).toBe(true);
    expect(checks.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'passed', 'passed', 'passed', 'passed']);
    expect(dispatch).toEqual(sampleDispatch);
  });

  it.each<[string, Change, RejectionCode[]]>([
    ['no environment', { facts: { environment: null } }, ['environment_unresolved']],
    ['an archived environment', { facts: { environment: { state: 'archived' } as never } }, ['environment_unresolved']],
    ['no posture', { facts: { posture: null } }, ['environment_unresolved']],
    ['a disabled agent', { facts: { agentState: 'disabled' } }, ['agent_disabled']],
    ['execute denied', { posture: { replay: { ...prod, execute: 'deny' } } }, ['posture_denies_execute']],
    ['dry runs only', { posture: { replay: { ...prod, execute: 'dry_run_only' } } }, ['posture_denies_execute']],
    [
      'a freeze',
      { posture: { freezes: [{ from: '2026-11-23T11:00:00.000Z', to: '2026-11-23T13:00:00.000Z', reason: 'launch' }] } },
      ['environment_frozen'],
    ],
    ['an unknown spec hash', { facts: { recordedVersion: null } }, ['spec_hash_unresolved']],
    ['a retired version', { facts: { recordedVersion: { ...version, state: 'retired' } } }, ['version_retired']],
    [
      'a bundle without spec',
      { replay: { artifact: { ...replay.artifact, specHash: undefined } }, facts: { recordedVersion: null } },
      ['spec_hash_missing'],
    ],
    [
      'what is no bundle at all',
      {
        replay: {
          artifact: { ...replay.artifact, specHash: undefined, replayable: { ok: false, code: 'artifact_not_replayable' } },
        },
        facts: { recordedVersion: null },
      },
      ['artifact_not_replayable', 'spec_hash_missing'],
    ],
    [
      'a bundle that is said to have no spec',
      {
        replay: { artifact: { ...replay.artifact, specHash: undefined, replayable: { ok: false, code: 'spec_hash_missing' } } },
        facts: { recordedVersion: null },
      },
      ['spec_hash_missing'],
    ],
    ['a quarantined artifact', { replay: { artifact: { ...replay.artifact, state: 'quarantined' } } }, ['artifact_quarantined']],
    [
      'an artifact that cannot be replayed',
      { replay: { artifact: { ...replay.artifact, replayable: { ok: false } } } },
      ['artifact_not_replayable'],
    ],
    ['a capability denied', { posture: { capabilities: { 'http:triage': 'deny' } } }, ['capability_denied']],
    ['a target that is gone', { facts: { targets: [] } }, ['target_unknown']],
    ['a target that was changed', { facts: { targets: [{ ...pins[0], revision: 2 }] } }, ['target_changed']],
    [
      'no dry run named',
      { replay: { dryRunId: undefined }, readings: { dryRun: undefined, pins: [{ ...pins[0], kind: 'http' }] } },
      ['dry_run_missing'],
    ],
    ['an unknown dry run', { readings: { dryRun: null } }, ['dry_run_missing']],
    [
      'an unknown dry run where none is needed',
      { readings: { dryRun: null }, posture: { requireDryRun: false } },
      ['dry_run_missing'],
    ],
    ['a failed dry run', { dryRun: { state: 'failed', header: undefined } }, ['dry_run_failed']],
    ['a dry run of other bytes', { dryRun: { artifactId: 'art_other' } }, ['plan_mismatch']],
    ['a stale dry run', { dryRun: { endedAt: '2026-11-22T11:00:00.000Z' } }, ['dry_run_stale']],
    ['no approval named', { replay: { approvalId: undefined }, readings: { approval: undefined } }, ['approval_missing']],
    ['an unknown approval', { readings: { approval: { approval: null, codes: [] } } }, ['approval_missing']],
    [
      'an approval that does not hold',
      { readings: { approval: { approval, codes: ['approval_revoked'] } } },
      ['approval_revoked'],
    ],
    [
      'another version of another pipeline',
      { replay: { otherVersionId: 'ver_other' }, facts: { otherVersion: { ...version, id: 'ver_other', pipeline: 'other' } } },
      ['version_other_pipeline'],
    ],
    [
      'another version where that is denied',
      {
        replay: { otherVersionId: 'ver_other' },
        facts: { otherVersion: { ...version, id: 'ver_other' } },
        posture: { replay: { ...prod, otherVersion: 'deny' } },
      },
      ['version_override_denied'],
    ],
  ])('evaluate-checks - rejects %s', (_what, change, expected) => {
    const { checks, codes, dispatch } = judge(change);
    expect(codes).toEqual(expected);
    expect(checks.map(({ name }) => name)).toEqual(READ_CHECKS);
    expect(dispatch).toBeUndefined();
    expect(checksPassed(checks)).toBe(false);
  });

  it('evaluate-checks - a capability decided otherwise since the dry run makes another plan, stricter or not', () => {
    const capabilities = { 'http:triage': 'allow' as const };
    const { codes, checks } = judge({ posture: { capabilities } });
    expect(codes).toEqual(['plan_mismatch']);
    expect(checks.find(({ name }) => name === 'dry_run')?.evidence).toMatchObject({
      redecided: [{ capability: 'http:triage', planned: 'require_approval', now: 'allow' }],
    });
    expect(judge({ posture: { capabilities }, dryRun: { decisions: { 'http:triage': 'allow' } } }).codes).toEqual([]);
    const stricter = judge({ dryRun: { decisions: { 'http:triage': 'allow' } } });
    expect(stricter.codes).toEqual(['plan_mismatch']);
    expect(judge({ dryRun: { decisions: undefined } }).codes).toEqual([]);
  });

  it('evaluate-checks - says everything that is wrong in one go, also behind a freeze', () => {
    const { codes, checks } = judge({
      replay: { approvalId: undefined },
      readings: { approval: undefined },
      facts: { targets: [] },
      dryRun: { endedAt: '2026-11-20T00:00:00.000Z' },
      posture: { freezes: [{ from: '2026-11-23T11:00:00.000Z', to: '2026-11-23T13:00:00.000Z', reason: 'launch' }] },
    });
    expect(codes).toEqual(['environment_frozen', 'target_unknown', 'dry_run_stale', 'approval_missing']);
    expect(checks.find(({ name }) => name === 'version')).toMatchObject({
      outcome: 'passed',
      evidence: { recordedVersionId: version.id },
    });
  });

  it('evaluate-checks - a dry run needs posture and version only', () => {
    const { checks, codes, dispatch } = judge({
      replay: { mode: 'dry_run', dryRunId: undefined, approvalId: undefined },
      readings: { dryRun: undefined, approval: undefined },
    });
    expect(codes).toEqual([]);
    expect(checks.map(({ outcome }) => outcome)).toEqual([
      'passed',
      'passed',
      'passed',
      'not_needed',
      'not_needed',
      'not_needed',
    ]);
    expect(dispatch).toMatchObject({ targets: [], runVersionId: version.id });
  });

  it('evaluate-checks - a denied dry run is rejected', () => {
    const denied = judge({ replay: { mode: 'dry_run' }, posture: { replay: { ...prod, dryRun: 'deny' } } });
    expect(denied.codes).toEqual(['posture_denies_dry_run']);
  });

  it('evaluate-checks - without a dry run, where none is needed, the spec says capabilities and targets', () => {
    const dev = {
      replay: { dryRunId: undefined, approvalId: undefined },
      posture: { ...defaultPosture('dev') },
      readings: { dryRun: undefined, approval: undefined, pins: [{ ...pins[0], kind: 'http' as const }] },
    };
    const { dispatch, checks, codes } = judge(dev);
    expect(codes).toEqual([]);
    expect(dispatch).toMatchObject({ targets: pins });
    expect(dispatch?.planDigest).toBeUndefined();
    expect(checks[3].evidence).toMatchObject({ source: 'spec', capabilities: [{ capability: 'http:triage' }] });
    expect(judge({ ...dev, readings: { ...dev.readings, pins: [] } }).codes).toEqual(['target_unknown']);
    const ofOtherKind = { ...dev.readings, pins: [{ ...pins[0], kind: 'nats' as const }] };
    expect(judge({ ...dev, readings: ofOtherKind }).codes).toEqual(['target_unknown']);
  });
});
