import { type AuditOutcome, defineEvent, type EventContract } from '../define.js';
import { Hash, Id, JsonObject, Nested, OneOf, Text, Time } from '../field.js';
import { ActorPayload, type Check, REPLAY_MODES, REPLAY_STATES, type ReplayMode, type ReplayState } from '../shapes/replay.js';

/** One transition of the saga: the state it is in now, and what it knows. */
export class ReplayChanged {
  @Id('replay') replayId: string;
  @OneOf(REPLAY_MODES) mode: ReplayMode;
  @OneOf(REPLAY_STATES) state: ReplayState;
  @OneOf(REPLAY_STATES, { optional: true }) from?: ReplayState;
  @Id('artifact') artifactId: string;
  @Id('version', { optional: true }) versionId?: string;
  @Id('replay', { optional: true }) dryRunId?: string;
  @Id('approval', { optional: true }) approvalId?: string;
  @Hash({ optional: true }) planDigest?: string;
  @Nested(() => ActorPayload) requestedBy: ActorPayload;
  @Text({ max: 2000, optional: true }) reason?: string;
  /** Rejection codes, when rejected. */
  @Text({ array: true, max: 64, optional: true }) codes?: string[];
  /** Why it ended as it did, in words; absent where there is no more to say. */
  @Text({ max: 2000, optional: true }) detail?: string;
  /** Every check with its evidence, once they are recorded. */
  @JsonObject({ array: true, optional: true }) checks?: Check[];
  @Time() at: string;
}

const sample: ReplayChanged = {
  replayId: 'rpl_01h455vb4pex5vsknk084sn02q',
  mode: 'dry_run',
  state: 'requested',
  artifactId: 'art_01h455vb4pex5vsknk084sn02q',
  requestedBy: { kind: 'user', id: 'usr_01h455vb4pex5vsknk084sn02q' },
  at: '2026-11-23T12:00:00.000Z',
};

const OUTCOMES: Partial<Record<ReplayState, AuditOutcome>> = {
  rejected: 'denied',
  failed: 'failed',
  expired: 'failed',
  indeterminate: 'failed',
};

/** `evt.replay-orchestrator.replay.<state>.v1`: every transition leaves exactly one, named after the state it enters. */
export const replayEntered = Object.fromEntries(
  REPLAY_STATES.map((state) => [
    state,
    defineEvent({
      service: 'replay-orchestrator',
      noun: 'replay',
      fact: state,
      payload: ReplayChanged,
      audit: {
        category: 'replay',
        outcome: OUTCOMES[state] ?? 'succeeded',
        personal: ['reason', 'detail', 'requestedBy.name', 'checks.*.evidence.frozen.reason'],
      },
      sample: { ...sample, state },
    }),
  ]),
) as Record<ReplayState, EventContract<ReplayChanged>>;

/** A change inside a state: cancel asked for, resolution added. */
export class ReplayNoted {
  @Id('replay') replayId: string;
  @OneOf(REPLAY_STATES) state: ReplayState;
  @Text({ max: 2000, optional: true }) reason?: string;
  @Text({ max: 64, optional: true }) outcome?: string;
}
const notedSample: ReplayNoted = { replayId: sample.replayId, state: 'running', reason: 'Wrong selection' };
export const replayCancelRequested = defineEvent({
  service: 'replay-orchestrator',
  noun: 'replay',
  fact: 'cancel-requested',
  payload: ReplayNoted,
  audit: { category: 'replay', type: 'replay.cancel_requested', outcome: 'succeeded', personal: ['reason'] },
  sample: notedSample,
});
export const replayResolved = defineEvent({
  service: 'replay-orchestrator',
  noun: 'replay',
  fact: 'resolved',
  payload: ReplayNoted,
  audit: { category: 'replay', outcome: 'succeeded', personal: ['reason'] },
  sample: { ...notedSample, state: 'indeterminate', outcome: 'performed' },
});
