import { defineRpc } from '../define.js';
import { Id, Int, OneOf, Text } from '../field.js';
import { type BlobReference, type Page, PageQuery } from '../shapes/common.js';
import { EXECUTION_STATES, type ExecutionState, type ExecutionSwitch } from '../shapes/execution-switch.js';
import { ACTION_STATES, type ActionRecord, type ActionState, type DryRunFacts, type PlanHeader } from '../shapes/run.js';

const RPL = 'rpl_01h455vb4pex5vsknk084sn02q';

export class ReadRun {
  @Id('replay') replayId: string;
}

/** What a dry run left; null when the runner knows no such run. */
export const readDryRun = defineRpc<{ dryRun: DryRunFacts | null }>()({
  service: 'runner',
  noun: 'dry-run',
  verb: 'read',
  request: ReadRun,
  sample: { replayId: RPL },
});

export interface PlanReference {
  planDigest: string;
  header: PlanHeader;
  /** NDJSON, one canonical action a line. */
  actions: BlobReference;
}
/** `replay_not_planned` before the plan exists. */
export const referPlan = defineRpc<PlanReference>()({
  service: 'runner',
  noun: 'plan',
  verb: 'refer',
  request: ReadRun,
  sample: { replayId: RPL },
});

export class ReadPlanPage extends PageQuery {
  @Id('replay') replayId: string;
}
export const readPlanPage = defineRpc<{ planDigest: string; header: PlanHeader; items: object[]; nextCursor: string | null }>()({
  service: 'runner',
  noun: 'plan',
  verb: 'read-page',
  request: ReadPlanPage,
  sample: { replayId: RPL },
});

export class ReferPayload {
  @Id('replay') replayId: string;
  @Int() index: number;
}
export const referPayload = defineRpc<BlobReference>()({
  service: 'runner',
  noun: 'payload',
  verb: 'refer',
  request: ReferPayload,
  sample: { replayId: RPL, index: 0 },
});

export class ReadReport {
  @Id('replay') replayId: string;
  @OneOf(['v1', 'audit_v1'], { optional: true }) format?: 'v1' | 'audit_v1';
}
export const referReport = defineRpc<BlobReference>()({
  service: 'runner',
  noun: 'report',
  verb: 'refer',
  request: ReadReport,
  sample: { replayId: RPL },
});

export class ListActions extends PageQuery {
  @Id('replay') replayId: string;
  @OneOf(ACTION_STATES, { optional: true }) state?: ActionState;
}
export const listActions = defineRpc<Page<ActionRecord>>()({
  service: 'runner',
  noun: 'action',
  verb: 'list',
  request: ListActions,
  sample: { replayId: RPL },
});

const ENV = 'env_01h455vb4pex5vsknk084sn02q';

export class ReadSwitch {
  @Id('environment') environmentId: string;
}

/** Whether executes of an environment go on; `running` where nobody ever set it. */
export const readSwitch = defineRpc<ExecutionSwitch>()({
  service: 'runner',
  noun: 'switch',
  verb: 'read',
  request: ReadSwitch,
  sample: { environmentId: ENV },
});

export class SetSwitch {
  @Id('organisation') orgId: string;
  @Id('project') projectId: string;
  @Id('environment') environmentId: string;
  @OneOf(EXECUTION_STATES) state: ExecutionState;
  @Text({ min: 1, max: 1000 }) reason: string;
}

/** Pauses, stops or lets go on every execute of an environment, those under way too: each looks before its next action. */
export const setSwitch = defineRpc<ExecutionSwitch>()({
  service: 'runner',
  noun: 'switch',
  verb: 'set',
  request: SetSwitch,
  sample: {
    orgId: 'org_01h455vb4pex5vsknk084sn02q',
    projectId: 'prj_01h455vb4pex5vsknk084sn02q',
    environmentId: ENV,
    state: 'paused',
    reason: 'The ticket system is down',
  },
});
