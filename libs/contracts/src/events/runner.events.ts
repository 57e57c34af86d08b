import { type AuditRule, defineEvent } from '../define.js';
import { Hash, Id, Int, OneOf, Text } from '../field.js';
import { EXECUTION_STATES, type ExecutionState } from '../shapes/execution-switch.js';
import { REPLAY_MODES, type ReplayMode } from '../shapes/replay.js';

/** What became of a run. The aggregate is the run, its id the replay's. */
export class RunFact {
  @Id('replay') replayId: string;
  @OneOf(REPLAY_MODES) mode: ReplayMode;
  @Int() attempt: number;
  @Hash({ optional: true }) planDigest?: string;
  /** Why it was refused, failed, or withdrawn (`cancel`, `start_by`); of a start-by the detail says what held it, if anything did. */
  @Text({ array: true, max: 64, optional: true }) codes?: string[];
  @Text({ max: 2000, optional: true }) detail?: string;
  @Int({ optional: true }) records?: number;
  @Int({ optional: true }) recordsTotal?: number;
  @Int({ optional: true }) actionsDone?: number;
  @Int({ optional: true }) actionsTotal?: number;
}

const sample: RunFact = { replayId: 'rpl_01h455vb4pex5vsknk084sn02q', mode: 'execute', attempt: 1 };

const runEvent = (fact: string, outcome: AuditRule['outcome']) =>
  defineEvent({
    service: 'runner',
    noun: 'run',
    fact,
    payload: RunFact,
    audit: { category: 'replay', outcome, personal: ['detail'] },
    sample,
  });

export const runStarted = runEvent('started', 'succeeded');
/** Nothing was done: credential, plan, posture or settle did not hold. */
export const runRefused = runEvent('refused', 'denied');
/** Nobody stood by a command that came, so it was not heeded; the replay goes on waiting for its true one. */
export const runUnconfirmed = runEvent('unconfirmed', 'denied');
/** Nothing was done: a withdraw came before the start; `codes` says `cancel` or `start_by`. */
export const runWithdrawn = runEvent('withdrawn', 'succeeded');
export const runSucceeded = runEvent('succeeded', 'succeeded');
export const runFailed = runEvent('failed', 'failed');
/** Stopped before its next action, on request. */
export const runCancelled = runEvent('cancelled', 'succeeded');
export const runIndeterminate = runEvent('indeterminate', 'failed');

/** How far a run is, about once a second; not sealed. */
export const runProgressed = defineEvent({
  service: 'runner',
  noun: 'run',
  fact: 'progressed',
  payload: RunFact,
  audit: false,
  sample,
});

/** One action of an executed plan came to its end. */
export class ActionEnded {
  @Id('replay') replayId: string;
  @Int() index: number;
  @OneOf(['done', 'failed', 'indeterminate', 'already_done']) state: 'done' | 'failed' | 'indeterminate' | 'already_done';
  @Text({ max: 128 }) capability: string;
  @Text({ max: 64 }) idempotencyKey: string;
  @Int({ optional: true }) status?: number;
  @Text({ max: 1000, optional: true }) error?: string;
  @Id('replay', { optional: true }) byReplay?: string;
}
const actionSample: ActionEnded = {
  replayId: sample.replayId,
  index: 0,
  state: 'done',
  capability: 'http:triage',
  idempotencyKey: 'rn1_47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
  status: 201,
};
export const actionEnded = defineEvent({
  service: 'runner',
  noun: 'action',
  fact: 'ended',
  payload: ActionEnded,
  audit: { category: 'replay', outcome: 'succeeded', personal: ['error'] },
  sample: actionSample,
});

/** Somebody paused or stopped the executes of an environment, or let them go on. The aggregate is the environment. */
export class SwitchSet {
  @Id('environment') environmentId: string;
  @OneOf(EXECUTION_STATES) before: ExecutionState;
  @OneOf(EXECUTION_STATES) after: ExecutionState;
  @Text({ max: 1000 }) reason: string;
}
export const switchSet = defineEvent({
  service: 'runner',
  noun: 'switch',
  fact: 'set',
  payload: SwitchSet,
  audit: { category: 'replay', outcome: 'succeeded', personal: ['reason'] },
  sample: {
    environmentId: 'env_01h455vb4pex5vsknk084sn02q',
    before: 'running',
    after: 'stopped',
    reason: 'The ticket system is down',
  },
});
