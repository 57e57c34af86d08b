import type { Check } from '@reenact/contracts';
import type { Dispatch, ReplayRecord } from './replay.js';
import { pendingChecks, READ_CHECKS } from './replay-checks.js';

const hash = (digit: string): string => `sha256:${digit.repeat(64)}`;
const id = (prefix: string): string => `${prefix}_01h455vb4pex5vsknk084sn02q`;

export const EARLY = '2026-11-23T12:00:00.000Z';
export const START_BY = '2026-11-23T12:05:00.000Z';
export const LATE = '2026-11-23T12:05:00.001Z';

/** A replay just asked for, for tests. */
export function sampleReplay(change: Partial<ReplayRecord> = {}): ReplayRecord {
  return {
    id: id('rpl'),
    orgId: id('org'),
    projectId: id('prj'),
    environmentId: id('env'),
    artifactId: id('art'),
    mode: 'execute',
    state: 'requested',
    version: 1,
    artifact: { sha256: hash('a'), agentId: id('agt'), state: 'stored', specHash: hash('b'), replayable: { ok: true } },
    selection: {},
    include: 'undone',
    again: false,
    dryRunId: id('rpl').replace('2q', '3q'),
    approvalId: id('apr'),
    checks: pendingChecks(),
    holdsSlot: false,
    attempt: 0,
    reason: 'Make the missing tickets',
    requestedBy: { kind: 'user', id: id('usr') },
    startBy: START_BY,
    createdAt: EARLY,
    ...change,
  };
}

export const sampleDispatch: Dispatch = {
  recordedVersionId: id('ver'),
  specHash: hash('b'),
  runVersionId: id('ver'),
  runSpecHash: hash('b'),
  pipeline: 'issue-triage',
  planDigest: hash('c'),
  targets: [{ id: id('tgt'), name: 'triage', revision: 1 }],
  postureRevision: 1,
  slots: 1,
};

/** Checks that all passed; the approval's only where one is needed. */
export const passedChecks = (approval: boolean): Check[] =>
  READ_CHECKS.map((name) => ({ name, outcome: name === 'approval' && !approval ? 'not_needed' : 'passed', evidence: {} }));
