import { defineCommand } from '../define.js';
import { Hash, Id, Int, Nested, OneOf } from '../field.js';
import { APPROVAL_ACTIONS, type ApprovalAction } from '../shapes/approval.js';
import { Selection } from '../shapes/replay.js';

const APR = 'apr_01h455vb4pex5vsknk084sn02q';
const RPL = 'rpl_01h455vb4pex5vsknk084sn02q';

/** Hold the approval for this replay. Answered by `use.reserved` or `use.refused`; final per replay, also when repeated. */
export class ReserveUse {
  @Id('approval') approvalId: string;
  @Id('replay') replayId: string;
  @OneOf(APPROVAL_ACTIONS) action: ApprovalAction;
  @Id('user') requesterId: string;
  @Id('environment') environmentId: string;
  @Id('artifact') artifactId: string;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Hash({ optional: true }) planDigest?: string;
  /** Of a dry run: its records, and the spec that it runs. */
  @Nested(() => Selection, { optional: true }) selection?: Selection;
  @Hash({ optional: true }) runSpecHash?: string;
  @Int({ min: 1 }) postureRevision: number;
}
export const reserveUse = defineCommand({
  service: 'approval',
  noun: 'use',
  verb: 'reserve',
  payload: ReserveUse,
  sample: {
    approvalId: APR,
    replayId: RPL,
    action: 'replay_execute',
    requesterId: 'usr_01h455vb4pex5vsknk084sn02q',
    environmentId: 'env_01h455vb4pex5vsknk084sn02q',
    artifactId: 'art_01h455vb4pex5vsknk084sn02q',
    planDigest: `sha256:${'0'.repeat(64)}`,
    postureRevision: 1,
  },
});

/** Let go of it. Answered by `use.released`; a settled use stays used. A reserve that comes after its release is refused. */
export class ReleaseUse {
  @Id('approval') approvalId: string;
  @Id('replay') replayId: string;
}
export const releaseUse = defineCommand({
  service: 'approval',
  noun: 'use',
  verb: 'release',
  payload: ReleaseUse,
  sample: { approvalId: APR, replayId: RPL },
});
