import { defineCommand } from '../define.js';
import { Bool, Hash, Id, Int, JsonObject, Nested, OneOf, Text, Time } from '../field.js';
import type { DsseEnvelope } from '../shapes/approval.js';
import { TargetPin } from '../shapes/common.js';
import { REPLAY_MODES, type ReplayMode, Selection } from '../shapes/replay.js';

const RPL = 'rpl_01h455vb4pex5vsknk084sn02q';
const HASH = `sha256:${'0'.repeat(64)}`;

/** What a run is made of, the same for both modes: the runner reads the rest itself. */
export class RunSource {
  @Id('replay') replayId: string;
  @Id('artifact') artifactId: string;
  @Hash() artifactSha256: string;
  /** Of the version that ran. */
  @Id('version') recordedVersionId: string;
  @Hash() specHash: string;
  /** Of the version to run; the same unless another was asked for. */
  @Id('version') runVersionId: string;
  @Hash() runSpecHash: string;
  @Text({ max: 128 }) pipeline: string;
  @Nested(() => Selection) selection: Selection;
  @OneOf(['undone', 'all']) include: 'undone' | 'all';
  @Bool() again: boolean;
}

const source: RunSource = {
  replayId: RPL,
  artifactId: 'art_01h455vb4pex5vsknk084sn02q',
  artifactSha256: HASH,
  recordedVersionId: 'ver_01h455vb4pex5vsknk084sn02q',
  specHash: HASH,
  runVersionId: 'ver_01h455vb4pex5vsknk084sn02q',
  runSpecHash: HASH,
  pipeline: 'issue-triage',
  selection: {},
  include: 'undone',
  again: false,
};

/** Make the plan and the report; perform nothing. For the dry-run pool. */
export class DryRun extends RunSource {}
export const dryRun = defineCommand({ service: 'runner', noun: 'run', verb: 'dry-run', payload: DryRun, sample: source });

/** Perform an approved plan, once. For the execute pool, which checks all of it again. */
export class Execute extends RunSource {
  /** The dry run whose plan it is; absent where the posture asks for none. */
  @Id('replay', { optional: true }) dryRunId?: string;
  /** The digest that the recomputed plan must have; absent without a dry run. */
  @Hash({ optional: true }) planDigest?: string;
  @Nested(() => TargetPin, { array: true, maxItems: 256 }) targets: TargetPin[];
  @Int({ min: 1 }) postureRevision: number;
  @Id('user') requesterId: string;
  @Id('approval', { optional: true }) approvalId?: string;
  /** The DSSE envelope, where an approval is used. */
  @JsonObject({ optional: true }) credential?: DsseEnvelope;
  /** No start after this. */
  @Time() startBy: string;
}
export const execute = defineCommand({
  service: 'runner',
  noun: 'run',
  verb: 'execute',
  payload: Execute,
  sample: {
    ...source,
    dryRunId: RPL,
    planDigest: HASH,
    targets: [{ id: 'tgt_01h455vb4pex5vsknk084sn02q', name: 'triage', revision: 1 }],
    postureRevision: 1,
    requesterId: 'usr_01h455vb4pex5vsknk084sn02q',
    startBy: '2026-11-23T12:05:00.000Z',
  },
});

/** Do not start; stop before the next action when started. Answered by `run.withdrawn`, `run.cancelled` or the run's own end. */
export class Withdraw {
  @Id('replay') replayId: string;
  @OneOf(['cancel', 'start_by']) reason: 'cancel' | 'start_by';
  /** Of the replay: a withdraw that comes before its command leaves a run of this mode. Absent means `execute`. */
  @OneOf(REPLAY_MODES, { optional: true }) mode?: ReplayMode;
}
export const withdraw = defineCommand<Withdraw>({
  service: 'runner',
  noun: 'run',
  verb: 'withdraw',
  payload: Withdraw,
  sample: { replayId: RPL, reason: 'cancel', mode: 'dry_run' },
});
